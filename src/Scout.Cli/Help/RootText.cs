using Scout.Cli.Grammar;

namespace Scout.Cli.Help;

/// <summary>The words of <c>scout --help</c> that do not follow from the grammar.</summary>
internal static class RootText
{
    public static IReadOnlyList<(string Title, string[] Names)> Groups { get; } =
    [
        ("See", ["status", "watch", "nodes", "ping", "inspect", "events", "history", "audit", "mesh"]),
        ("Act", ["check", "ack", "maintenance", "resume", "transition"]),
        ("Write definitions", ["machine", "plugin", "probe", "traffic"]),
        ("Run the house", ["server", "broker", "node", "caller", "creds", "token", "enroll", "policy", "doctor"]),
        ("Besides", ["completion", "version"]),
    ];

    public static IReadOnlyList<Example> Examples { get; } =
    [
        new("scout status --state critical", "what is broken now"),
        new("scout check web1/disk_root", "look again at once, and show the result"),
        new("scout maintenance start 'web*' --for 2h --reason 'kernel'", "silence for two hours"),
        new("scout events --follow", "what happens, as it happens"),
    ];

    public static IReadOnlyList<string> After { get; } =
    [
        "Where to ask",
        "  --broker URL, --socket PATH or --local; else SCOUT_BROKER, else the broker in SCOUT_CREDS, else SCOUT_SOCKET, else the server of this machine (/run/scout/server.sock, /var/lib/scout/server.sock), else the broker in ~/.config/scout/scout.creds.",
        "  Credentials: --creds FILE, else SCOUT_CREDS, else ~/.config/scout/scout.creds.",
        "",
        "Exit codes",
        "  0  done",
        "  1  a target failed, was refused, or its result is pending",
        "  2  usage, or a file that is not valid",
        "  3  cannot connect, or not allowed",
        "  4  nothing matched",
        "  5  a node that was asked did not answer",
        "  130, 143  ended by Ctrl-C, by SIGTERM",
        "  'scout mesh': 0 no open fault, 1 a fault is open (or a probe failed), 3 no data or older than 30 s.",
        "  With --nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
        "",
        "'scout COMMAND --help' tells more about a command. Data goes to stdout, all else to stderr; NO_COLOR is honoured.",
    ];
}
