using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Asking;

/// <summary>Where a command asks: flags, environment, sockets of this machine, in this order (server.md section 11).</summary>
internal sealed class WhereToAsk
{
    /// <summary>The sockets that a server makes by itself.</summary>
    public static readonly IReadOnlyList<string> UsualSockets = ["/run/scout/server.sock", "/var/lib/scout/server.sock"];

    private readonly Option<string> broker = new("--broker") { HelpName = "URL", Description = "Ask the fleet behind this broker, such as nats://127.0.0.1:4222" };
    private readonly Option<string> socket = new("--socket") { HelpName = "PATH", Description = "Ask the one server behind this socket" };
    private readonly Option<bool> local = new("--local") { Description = "Ask the server of this machine" };
    private readonly Option<string> tokenFile = new("--token-file") { HelpName = "FILE", Description = "The token that a broker in dev mode demands" };
    private readonly Option<string> timeout = new("--timeout") { HelpName = "T", Description = "How long a reply may take (5s)" };

    public void AddTo(Command command)
    {
        command.Add(broker);
        command.Add(socket);
        command.Add(local);
        command.Add(tokenFile);
        command.Add(timeout);
    }

    /// <summary>How long a reply may take.</summary>
    public TimeSpan Timeout(CommandContext context) => context.Get(timeout) is { } text
        ? Durations.Read("--timeout", text, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10))
        : TimeSpan.FromSeconds(5);

    /// <summary>The token of <c>--token-file</c>; null without.</summary>
    /// <exception cref="CliException">The file cannot be read.</exception>
    public string? Token(CommandContext context)
    {
        if (context.Get(tokenFile) is not { } path) return null;
        try
        {
            return File.ReadAllText(context.Path(path)).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"--token-file: {path}: {failure.Message}", "the broker made it; is it yours to read?");
        }
    }

    /// <summary>Decides, without touching anything.</summary>
    /// <exception cref="CliException">Two flags, or nowhere to ask.</exception>
    public Endpoint Resolve(CommandContext context)
    {
        string? url = context.Get(broker);
        string? path = context.Get(socket);
        bool here = context.Get(local);
        int given = (url is null ? 0 : 1) + (path is null ? 0 : 1) + (here ? 1 : 0);
        if (given > 1) throw CliException.Usage("--broker, --socket and --local exclude each other", "give one of them");
        if (url is not null) return Broker(url, "--broker");
        if (path is not null) return new Endpoint(null, context.Path(path), Said: false);
        return Choose(here, context.Io.Variable, File.Exists, UsualSockets);
    }

    /// <summary>What the environment and the sockets of this machine say.</summary>
    internal static Endpoint Choose(bool localOnly, Func<string, string?> variable, Func<string, bool> exists, IReadOnlyList<string> sockets)
    {
        if (!localOnly && variable("SCOUT_BROKER") is { } url) return Broker(url, "SCOUT_BROKER");
        if (variable("SCOUT_SOCKET") is { } path) return new Endpoint(null, path, Said: false);
        if (sockets.FirstOrDefault(exists) is { } found) return new Endpoint(null, found, Said: !localOnly);
        throw localOnly
            ? CliException.NoConnection("no server runs on this machine: there is no socket", $"looked for {string.Join(" and ", sockets)}; give --socket PATH, or start one with: scout server run")
            : CliException.Usage("nowhere to ask: no broker was named, and no server runs on this machine", "give --broker nats://HOST:4222, or set SCOUT_BROKER; for a server on this machine --socket PATH");
    }

    private static Endpoint Broker(string text, string origin)
    {
        string[] urls = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (urls.Length == 0) throw CliException.Usage($"{origin}: there is no address in '{text}'", "write nats://127.0.0.1:4222");
        for (int i = 0; i < urls.Length; i++)
        {
            if (!urls[i].Contains("://", StringComparison.Ordinal)) urls[i] = "nats://" + urls[i];
            if (!Uri.TryCreate(urls[i], UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
            {
                throw CliException.Usage($"{origin}: '{urls[i]}' is not the address of a broker", "write nats://127.0.0.1:4222");
            }

            if (uri.Scheme == "tls") throw CliException.Usage($"{origin}: TLS is not built yet", "use nats:// with a loopback address");
            if (uri.Scheme != "nats") throw CliException.Usage($"{origin}: '{uri.Scheme}://' is not the scheme of a broker", "write nats://127.0.0.1:4222");
        }

        return new Endpoint(string.Join(',', urls), null, Said: false);
    }
}

/// <summary>A broker or a socket.</summary>
/// <param name="Broker">URLs with commas, or null.</param>
/// <param name="Socket">Path, or null.</param>
/// <param name="Said">Nobody named it: it is told on stderr.</param>
internal sealed record Endpoint(string? Broker, string? Socket, bool Said);
