using System.Collections;
using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Scout.Machines.Definitions;
using Scout.Protocol;
using Scout.Server.Logging;
using Scout.Server.Native;
using Scout.Server.Security.Policy;

namespace Scout.Server.Configuration;

/// <summary>Reads flags, environment and file into <see cref="ServerOptions"/> (server.md sections 1 and 2).</summary>
public sealed record ServerConfiguration
{
    private static readonly string[] KnownVariables =
    [
        "SCOUT_CONFIG", "SCOUT_NODE", "SCOUT_MACHINES", "SCOUT_DATA", "SCOUT_BROKER", "SCOUT_HTTP", "SCOUT_TEXTFILE", "SCOUT_SOCKET", "SCOUT_LOG_LEVEL",
        "SCOUT_LOG_FORMAT", "SCOUT_ENROLL_TOKEN", "SCOUT_SA_DIR", "SCOUT_POD", "SCOUT_NAMESPACE", "SCOUT_POD_IPS", "SCOUT_HOST_IP", "SCOUT_ZONE",
        "SCOUT_REGION", "SCOUT_CREDS", "SCOUT_KUBERNETES_NODE",
    ];

    /// <summary>Null when there are findings.</summary>
    public ServerOptions? Options { get; private init; }

    /// <summary>All of them, files first by position.</summary>
    public IReadOnlyList<SettingFinding> Findings { get; private init; } = [];

    /// <summary>Every value with its origin.</summary>
    public IReadOnlyList<SettingRow> Rows { get; private init; } = [];

    /// <summary>Variables that begin with <c>SCOUT_</c> and mean nothing to us.</summary>
    public IReadOnlyList<string> IgnoredVariables { get; private init; } = [];

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables()) variables[(string)entry.Key] = (string?)entry.Value ?? "";
        return variables;
    }

    /// <summary>Reads everything; starts nothing.</summary>
    /// <param name="arguments">The flags.</param>
    /// <param name="environment">The variables, see <see cref="ProcessEnvironment"/>.</param>
    /// <param name="workingFolder">What paths of flags and variables are relative to.</param>
    /// <param name="hostName">Default of <c>node</c>; null: this machine's.</param>
    public static ServerConfiguration Read(ServerArguments arguments, IReadOnlyDictionary<string, string> environment, string workingFolder, string? hostName = null)
    {
        var findings = new List<SettingFinding>();
        SettingMap? file = ConfigurationFile.Find(arguments.Config, environment, workingFolder, findings);
        var reader = new SettingReader(file, environment, workingFolder);
        reader.Findings.AddRange(findings);
        ServerOptions options = new SettingRules(reader, arguments, environment).Read(hostName ?? Environment.MachineName);
        return new ServerConfiguration
        {
            Options = reader.Findings.Count == 0 ? options : null,
            Findings = reader.Findings,
            Rows = reader.Rows,
            IgnoredVariables = [.. environment.Keys.Where(name => name.StartsWith("SCOUT_", StringComparison.Ordinal) && !KnownVariables.Contains(name)).Order(StringComparer.Ordinal)],
        };
    }
}

/// <summary>The rule of each key.</summary>
internal sealed class SettingRules(SettingReader reader, ServerArguments arguments, IReadOnlyDictionary<string, string> environment)
{
    public ServerOptions Read(string hostName)
    {
        SettingNode? nodeGiven = reader.Pick("node", "SCOUT_NODE", "--node", arguments.Node);
        string node = Node(nodeGiven, hostName);
        ImmutableArray<string> urls = Urls(out SettingNode? urlsGiven);
        bool external = IsExternal();
        ServerMode mode = Mode(urls, external);
        ServerOptions options = new()
        {
            Node = node,
            Mode = mode,
            Labels = Labels(),
            Groups = Groups(mode, external),
            Zone = Place("zone", "SCOUT_ZONE"),
            Region = Place("region", "SCOUT_REGION"),
            Machines = reader.Path("machines", reader.Pick("machines", "SCOUT_MACHINES", "--machines", arguments.Machines), "/etc/scout/machines"),
            Data = reader.Path("data", reader.Pick("data", "SCOUT_DATA", "--data", arguments.Data), "/var/lib/scout"),
            Facts = reader.Path("facts", reader.Pick("facts"), ""),
            Overrides = reader.Path("overrides", reader.Pick("overrides"), ""),
            TimeZone = Zone(),
            Http = Http(),
            BrokerUrls = urls,
            External = External(external, mode, urls),
            RenewKey = RenewKey(external, mode),
            BrokerTokenFile = TokenFile(mode),
            EnrollTokenFile = EnrollTokenFile(mode, out bool tokenGiven),
            EnrollToken = EnrollToken(mode),
            PluginPath = reader.List("plugin_path", reader.Pick("plugin_path"), ServerOptions.DefaultPluginPath, 32, static path =>
                path.StartsWith('/') ? null : ("bad_value", $"'{path}' is not absolute", "a folder that begins with /")),
            PluginOwners = reader.List("plugin_owners", reader.Pick("plugin_owners"), [], 32, static _ => null),
            PluginUser = reader.Checked("plugin_user", reader.Pick("plugin_user"), "", UserRule),
            PluginUsers = reader.List("plugin_users", reader.Pick("plugin_users"), [], 32, UserRule),
            Executor = reader.Choice("executor", reader.Pick("executor"), ExecutorKind.Auto, [("auto", ExecutorKind.Auto), ("process", ExecutorKind.Process)]),
            Slots = reader.Number("slots", reader.Pick("slots"), ServerOptions.DefaultSlots, 1, 1024, auto: "auto"),
            MaxOutput = (int)reader.Size("max_output", reader.Pick("max_output"), 64 << 10, 4 << 10, 1 << 20),
            MaxOpenFiles = reader.Number("max_open_files", reader.Pick("max_open_files"), 4096, 256, 1_048_576),
            Events = Events(),
            Store = Store(),
            Textfile = Textfile(),
            Metrics = new MetricsOptions
            {
                PerfData = reader.Number("metrics.perfdata", reader.Pick("metrics.perfdata"), 32, 0, 512),
                MaxSeries = reader.Number("metrics.max_series", reader.Pick("metrics.max_series"), 200_000, 1000, 2_000_000),
            },
            Traffic = new TrafficRules(reader).Read(),
            Log = Log(),
            StopTimeout = reader.Duration("stop_timeout", reader.Pick("stop_timeout"), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
        };
        CheckMode(mode, external, urls, urlsGiven);
        options = options with { TrustBroker = TrustBroker(options.External) };
        options = options with { Policy = Policy(mode, out bool isDefault), PolicyIsDefault = isDefault, AuditFile = AuditFile(options.Data) };
        options = options with { HasBroker = urls.Length > 0 || (mode == ServerMode.Secure && (tokenGiven || options.EnrollToken is not null || IsEnrolled(options.Data))) };
        // A node that enrols learns its broker from the token, and has a roster like any other.
        options = options with { Mesh = new MeshRules(reader).Read(options.HasBroker) };
        string socketGroup = reader.Checked("socket_group", reader.Pick("socket_group"), "", static _ => null);
        return options with { Socket = Socket(options.Data, socketGroup), SocketGroup = socketGroup };
    }

    private static (string Kind, string Message, string Hint)? NameRule(string name) => Names.IsNode(name)
        ? null
        : ("bad_name", $"'{name}' is not a node name", "1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit");

    private static (string Kind, string Message, string Hint)? UserRule(string name) => Accounts.Find(name) is not null
        ? null
        : ("bad_value", $"there is no user '{name}' on this machine", "make the user first, or leave it out");

    private string Node(SettingNode? given, string hostName)
    {
        // Host name and SCOUT_NODE are folded first; file and flag must fit as they are.
        if (given is null)
        {
            string folded = Names.Fold(hostName);
            given = new SettingText(folded, "default", "node", "");
            string node = reader.Checked("node", given, folded, static name => NameRule(name) is { } wrong ? (wrong.Kind, $"the host name '{name}' is no node name", "give one with --node") : null);
            return node;
        }

        if (given is SettingText { Origin: "SCOUT_NODE" } variable) given = variable with { Text = Names.Fold(variable.Text) };
        return reader.Checked("node", given, "", NameRule);
    }

    private ServerMode Mode(ImmutableArray<string> urls, bool external)
    {
        SettingNode? given = reader.Pick("mode", null, "--dev", arguments.Dev ? "dev" : null);
        ServerMode fallback = !external && urls.Length > 0 && urls.All(BrokerUrl.IsPlainLoopback) ? ServerMode.Dev : ServerMode.Secure;
        return reader.Choice("mode", given, fallback, [("secure", ServerMode.Secure), ("dev", ServerMode.Dev)]);
    }

    private void CheckMode(ServerMode mode, bool external, ImmutableArray<string> urls, SettingNode? given)
    {
        foreach (string url in urls)
        {
            if (mode == ServerMode.Dev && !BrokerUrl.MayBeLoopback(url))
            {
                reader.Wrong(given!, "bad_value", $"dev mode connects to loopback only, and '{url}' is not", "make credentials with 'scout broker init' and use tls://, or connect to 127.0.0.1");
            }
            else if (mode == ServerMode.Secure && !url.StartsWith("tls://", StringComparison.Ordinal) && !url.StartsWith("srv://", StringComparison.Ordinal) && !(external && BrokerUrl.IsPlainLoopback(url)))
            {
                reader.Wrong(given!, "bad_value", $"'{url}' is not encrypted, and this node is not in dev mode", "use tls:// with credentials from 'scout broker init', or a loopback address with --dev");
            }
        }
    }

    private ImmutableArray<string> Urls(out SettingNode? given)
    {
        string? flag = arguments.Broker.Count == 0 ? null : string.Join(',', arguments.Broker);
        given = reader.Pick("broker.urls", "SCOUT_BROKER", "--broker", flag);
        return reader.List("broker.urls", given, [], 16, BrokerUrl.Rule);
    }

    private bool IsExternal() => reader.Choice("broker.mode", reader.Pick("broker.mode"), false, [("own", false), ("external", true)]);

    /// <summary>Where all share one login, the broker's word is all there is on who asks.</summary>
    private bool TrustBroker(ExternalBrokerOptions? external)
    {
        SettingNode? given = reader.Pick("policy") is SettingMap ? reader.Pick("policy.trust_broker") : null;
        bool trust = reader.Choice("policy.trust_broker", given, false, [("false", false), ("true", true)]);
        if (trust && external is not { TrustFile: "" })
        {
            reader.Wrong(
                given!, "conflict", external is null ? "requests are signed here, and are proved" : "'broker.trust' proves who asks, and this would let everybody in whom the broker lets in",
                external is null ? "'trust_broker' is for 'broker.mode: external' where all share one login" : "give one of them");
        }

        return trust;
    }

    private bool RenewKey(bool external, ServerMode mode)
    {
        SettingNode? given = reader.Pick("broker.renew_key");
        bool renew = reader.Choice("broker.renew_key", given, false, [("false", false), ("true", true)]);
        if (renew && (external || mode == ServerMode.Dev)) reader.Wrong(given!, "conflict", "only credentials of Scout's own broker are renewed", "leave 'renew_key' out");
        return renew;
    }

    /// <summary>A broker that is not ours, with credentials that its owner made.</summary>
    private ExternalBrokerOptions? External(bool external, ServerMode mode, ImmutableArray<string> urls)
    {
        if (!external)
        {
            foreach (string key in (string[])["broker.creds", "broker.ca", "broker.trust", "broker.inbox_prefix", "broker.js_domain"])
            {
                if (reader.Pick(key) is { } given) reader.Wrong(given, "conflict", $"'{key}' is for a broker that is not Scout's own", "add 'mode: external' under 'broker', or leave it out");
            }

            return null;
        }

        SettingNode said = reader.Pick("broker.mode")!;
        if (mode == ServerMode.Dev) reader.Wrong(said, "conflict", "a broker that is not ours wants credentials, and dev mode has none", "leave --dev and 'mode: dev' out");
        if (urls.Length == 0) reader.Wrong(said, "missing", "'broker.urls' is missing", "urls: [tls://cluster.example.org:4222]");
        SettingNode? creds = reader.Pick("broker.creds");
        if (creds is null) reader.Wrong(said, "missing", "'broker.creds' is missing: the file that the owner of the broker made for this node", "creds: /etc/scout/node.creds");
        return new ExternalBrokerOptions
        {
            CredsFile = reader.Path("broker.creds", creds, ""),
            AuthorityFile = reader.Path("broker.ca", reader.Pick("broker.ca"), ""),
            TrustFile = reader.Path("broker.trust", reader.Pick("broker.trust"), ""),
            InboxPrefix = reader.Checked("broker.inbox_prefix", reader.Pick("broker.inbox_prefix"), "", static text => text.Length <= 128 && text.Split('.').All(IsToken) ? null : ("bad_value", $"'{text}' is no subject", "as in _INBOX.web1")),
            Domain = reader.Checked("broker.js_domain", reader.Pick("broker.js_domain"), "", static text => text.Length <= 64 && IsToken(text) ? null : ("bad_value", $"'{text}' is no name of a domain", "as in hub")),
        };
    }

    private static bool IsToken(string text) => text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private string TokenFile(ServerMode mode)
    {
        SettingNode? given = reader.Pick("broker.token_file", null, "--token-file", arguments.TokenFile);
        if (given is not null && mode != ServerMode.Dev) reader.Wrong(given, "conflict", "a token file is for dev mode", "leave it out, or give --dev");
        return reader.Path("broker.token_file", given, "");
    }

    private string EnrollTokenFile(ServerMode mode, out bool given)
    {
        SettingNode? named = reader.Pick("enroll_token", null, "--enroll-token", arguments.EnrollToken);
        if (named is not null && mode == ServerMode.Dev) reader.Wrong(named, "conflict", "nobody enrols in dev mode", "leave the enrolment token out, or name a broker with tls://");
        if (mode == ServerMode.Dev)
        {
            given = false;
            return "";
        }

        string path = reader.Path("enroll_token", named, ServerOptions.DefaultEnrollToken);
        given = named is not null || File.Exists(path);
        return path;
    }

    private Enrolment.SecretText? EnrollToken(ServerMode mode) =>
        mode == ServerMode.Secure && environment.GetValueOrDefault("SCOUT_ENROLL_TOKEN") is { Length: > 0 } token ? new Enrolment.SecretText(token) : null;

    private static bool IsEnrolled(string data) => File.Exists(System.IO.Path.Combine(data, "identity", "node.creds"));

    private ImmutableSortedDictionary<string, string> Labels()
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        SettingNode? given = reader.Pick("labels");
        if (given is SettingMap map)
        {
            if (map.Entries.Count > 20) reader.Wrong(map, "out_of_range", $"'labels' has {map.Entries.Count} entries", "at most 20");
            foreach (SettingEntry entry in map.Entries)
            {
                if (!Names.IsLabelKey(entry.Key)) reader.Findings.Add(new SettingFinding(entry.Place, "bad_name", $"'{entry.Key}' is no label name", "a letter, then letters, digits and _"));
                else if (reader.Text("labels." + entry.Key, entry.Value) is { } value)
                {
                    if (value.Length > 200) reader.Wrong(entry.Value, "out_of_range", $"label '{entry.Key}' has {value.Length} characters", "at most 200");
                    else labels[entry.Key] = value;
                }
            }
        }
        else if (given is not null)
        {
            reader.Wrong(given, "wrong_type", $"'labels' must be a map, not a {SettingReader.Word(given)}", "write labels: { key: value }");
        }

        reader.Row("labels", "{" + string.Join(", ", labels.Select(label => $"{label.Key}: {label.Value}")) + "}", given);
        return labels.ToImmutable();
    }

    private ImmutableArray<string> Groups(ServerMode mode, bool external)
    {
        SettingNode? given = reader.Pick("groups");
        ImmutableArray<string> groups = reader.List("groups", given, [], 16, NameRule);
        if (mode == ServerMode.Secure && !external && groups.Length > 0) reader.Wrong(given!, "conflict", "groups come with the credentials", "leave 'groups' out; it is for dev mode");
        return groups;
    }

    private string Place(string key, string variable)
    {
        // The variable stands behind the file here (server.md section 1).
        SettingNode? given = reader.Pick(key) ?? reader.Pick("", variable);
        // A label of the cluster may have capitals and dots; a node must not refuse to start for that.
        if (given is SettingText { Origin: var origin } label && origin == variable) given = label with { Text = Names.Fold(label.Text) };
        return reader.Checked(key, given, "", static name => NameRule(name) is { } wrong ? (wrong.Kind, $"'{name}' is no name of a place", wrong.Hint) : null);
    }

    private TimeZoneInfo Zone()
    {
        TimeZoneInfo zone = TimeZoneInfo.Local;
        reader.Checked("timezone", reader.Pick("timezone"), "system", name =>
            name == "system" || TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone!) ? null : ("bad_timezone", $"'{name}' is not in the time zone database", "a name such as Europe/Paris, or system"));
        return zone ?? TimeZoneInfo.Utc;
    }

    private IPEndPoint? Http()
    {
        IPEndPoint? endpoint = null;
        string text = reader.Checked("http", reader.Pick("http", "SCOUT_HTTP", "--http", arguments.Http), "127.0.0.1:8619", value =>
            value == "off" || ListenAddress.TryParse(value, out endpoint)
                ? null
                : ("bad_value", $"'{value}' is no address to listen on", "HOST:PORT with an IP address, [::1]:PORT, :PORT for every address, or off"));
        // A default has not gone through the rule.
        return endpoint ?? (text != "off" && ListenAddress.TryParse(text, out IPEndPoint? fallback) ? fallback : null);
    }

    private string? Socket(string data, string group)
    {
        SettingNode? given = reader.Pick("socket", "SCOUT_SOCKET", "--socket", arguments.Socket);
        string? text = reader.Text("socket", given) ?? "auto";
        string? path = text switch
        {
            "off" => null,
            "auto" => System.IO.Path.Combine(environment.GetValueOrDefault("RUNTIME_DIRECTORY") is { Length: > 0 } runtime ? runtime.Split(':')[0] : data, "server.sock"),
            _ => SettingReader.Absolute(text, given!.Folder),
        };
        if (path is not null && group.Length > 0 && System.IO.Path.GetDirectoryName(path) == data)
        {
            reader.Findings.Add(new SettingFinding("socket_group", "conflict", "the socket lies in the data directory, which nobody else may enter", "give socket a folder that the group can enter, such as /run/scout/server.sock"));
        }

        reader.Row("socket", path ?? "off", given);
        return path;
    }

    // In dev mode everybody may do everything, but for who wants to try a policy out.
    private string Policy(ServerMode mode, out bool isDefault)
    {
        // A path alone, or a map when there is more to say.
        SettingNode? given = reader.Pick("policy");
        if (given is SettingMap map)
        {
            foreach (SettingEntry entry in map.Entries.Where(static entry => entry.Key is not ("file" or "trust_broker"))) reader.Wrong(entry.Value, "unknown_key", $"'{entry.Key}' is not a key of 'policy'", "its keys are file, trust_broker");
            given = reader.Pick("policy.file");
        }

        isDefault = given is null;
        return reader.Path("policy", given, mode == ServerMode.Dev ? "" : PolicyFile.DefaultPath);
    }

    private string AuditFile(string data)
    {
        SettingNode? given = reader.Pick("audit_file");
        if (given is not SettingText { Text: "off" }) return reader.Path("audit_file", given, System.IO.Path.Combine(data, "audit.jsonl"));
        reader.Row("audit_file", "off", given);
        return "";
    }

    private EventOptions Events() => new()
    {
        Default = reader.Choice("events.default", reader.Pick("events.default"), EventDetail.Changes, [("changes", EventDetail.Changes), ("all", EventDetail.All), ("problems", EventDetail.Problems)]),
        StateInterval = reader.Duration("events.state_interval", reader.Pick("events.state_interval"), TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)),
        MaxEvents = reader.Number("events.max_events", reader.Pick("events.max_events"), 100_000, 1000, 10_000_000),
        MaxBytes = reader.Size("events.max_bytes", reader.Pick("events.max_bytes"), 64L << 20, 1L << 20, 4L << 30),
    };

    private JournalOptions Store() => new()
    {
        Segment = reader.Size("store.segment", reader.Pick("store.segment"), 8L << 20, 64L << 10, 64L << 20),
        HistoryAge = reader.Duration("store.history_age", reader.Pick("store.history_age"), TimeSpan.FromDays(7), TimeSpan.Zero, TimeSpan.FromDays(90)),
        HistoryBytes = reader.Size("store.history_bytes", reader.Pick("store.history_bytes"), 64L << 20, 0, 10L << 30),
    };

    private TextfileOptions Textfile() => new()
    {
        Directory = reader.Path("textfile.directory", reader.Pick("textfile.directory", "SCOUT_TEXTFILE", "--textfile", arguments.Textfile), ""),
        Interval = reader.Duration("textfile.interval", reader.Pick("textfile.interval"), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
    };

    private LogOptions Log()
    {
        LogFormat auto = environment.GetValueOrDefault("JOURNAL_STREAM") is { Length: > 0 } ? LogFormat.Journal : LogFormat.Text;
        SettingNode? format = reader.Pick("log.format", "SCOUT_LOG_FORMAT", "--log-format", arguments.LogFormat);
        return new LogOptions
        {
            Level = reader.Choice(
                "log.level",
                reader.Pick("log.level", "SCOUT_LOG_LEVEL", "--log-level", arguments.LogLevel),
                LogLevel.Information,
                [("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error)]),
            Format = reader.Choice("log.format", format, (LogFormat?)null, [("auto", null), ("text", LogFormat.Text), ("json", LogFormat.Json)]) ?? auto,
        };
    }
}
