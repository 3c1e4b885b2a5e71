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
    private readonly Option<string> socket = new("--socket") { HelpName = "PATH", Description = "Ask the one server behind this socket, or with this data directory" };
    private readonly Option<bool> local = new("--local") { Description = "Ask the server of this machine" };
    private readonly Option<string> tokenFile = new("--token-file") { HelpName = "FILE", Description = "The token that a broker in dev mode demands" };
    private readonly Option<string> creds = new("--creds") { HelpName = "FILE", Description = "Credentials that 'scout creds new' made; they may name broker and authority" };
    private readonly Option<string> ca = new("--ca") { HelpName = "FILE", Description = "Authority of the broker's certificate, when the credentials do not hold it" };
    private readonly Option<string> domain = new("--js-domain") { HelpName = "NAME", Description = "Domain of JetStream, at a broker that is not ours (SCOUT_JS_DOMAIN)" };
    private readonly Option<string> inbox = new("--inbox-prefix") { HelpName = "SUBJECT", Description = "Where these credentials hear answers there (SCOUT_INBOX_PREFIX)" };
    private readonly Option<string> timeout = new("--timeout") { HelpName = "T", Description = "How long a reply may take (5s)" };

    public void AddTo(Command command)
    {
        command.Add(broker);
        command.Add(socket);
        command.Add(local);
        command.Add(tokenFile);
        command.Add(creds);
        command.Add(ca);
        command.Add(domain);
        command.Add(inbox);
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
        string? file = context.Get(creds) is { } named ? context.Path(named) : null;
        if (path is not null) return new Endpoint(null, Socket(context.Path(path)), Said: false);
        if (url is not null) return Broker(url, "--broker") with { Creds = file ?? Usual(context.Io.Variable, url) };
        if (!here && file is not null && Asking.Login.UrlsIn(file) is { } urls) return Broker(urls, file) with { Creds = file };
        // Who names a file means it: what is wrong with it is the answer, not that there is nowhere to ask.
        if (!here && file is not null && context.Io.Variable("SCOUT_BROKER") is null)
        {
            using Login readable = Asking.Login.Read(file, null, context.Io.Time);
            throw CliException.Usage($"{file} names no broker", "give --broker tls://HOST:4222, or set SCOUT_BROKER");
        }

        Endpoint chosen;
        try
        {
            chosen = Choose(here, context.Io.Variable, File.Exists, UsualSockets, Asking.Login.UrlsIn);
        }
        catch (CliException) when (!here && context.Io.Variable("SCOUT_CREDS") is not null && context.Io.Variable("SCOUT_BROKER") is null)
        {
            string variable = context.Io.Variable("SCOUT_CREDS")!;
            using Login readable = Asking.Login.Read(variable, null, context.Io.Time);
            throw CliException.Usage($"SCOUT_CREDS: {variable} names no broker", "give --broker tls://HOST:4222, or set SCOUT_BROKER");
        }

        return file is not null && chosen.Broker is not null ? chosen with { Creds = file } : chosen;
    }

    /// <summary>Who we are to that broker.</summary>
    /// <exception cref="CliException">Credentials that cannot be used, or none where they are needed.</exception>
    public Login Login(CommandContext context, Endpoint endpoint, string devCaller)
    {
        string? authority = context.Get(ca) is { } path ? context.Path(path) : null;
        if (endpoint.Creds is { } file)
        {
            string? named = Subject("--js-domain", context.Get(domain) ?? context.Io.Variable("SCOUT_JS_DOMAIN"), tokens: 1);
            return Asking.Login.Read(file, authority, context.Io.Time, named, Subject("--inbox-prefix", context.Get(inbox) ?? context.Io.Variable("SCOUT_INBOX_PREFIX"), tokens: 8));
        }

        if (IsDev(endpoint.Broker!)) return Asking.Login.Dev(devCaller, Token(context), context.Io.Time);
        throw CliException.NoConnection(
            $"{endpoint.Broker}: {(endpoint.Broker!.Contains("tls://", StringComparison.Ordinal) ? "a broker with TLS" : "a broker that is not on this machine")} wants credentials, and there are none",
            "give --creds FILE, set SCOUT_CREDS, or put them at ~/.config/scout/scout.creds; who runs the broker makes them: scout creds new");
    }

    /// <summary>What the environment, the sockets of this machine and the credentials say.</summary>
    internal static Endpoint Choose(bool localOnly, Func<string, string?> variable, Func<string, bool> exists, IReadOnlyList<string> sockets, Func<string, string?>? urlsIn = null)
    {
        if (!localOnly && variable("SCOUT_BROKER") is { } url) return Broker(url, "SCOUT_BROKER") with { Creds = Usual(variable, url, exists) };
        if (!localOnly && variable("SCOUT_CREDS") is { } given && urlsIn?.Invoke(given) is { } there) return Broker(there, given) with { Creds = given };
        if (variable("SCOUT_SOCKET") is { } path) return new Endpoint(null, path, Said: false);
        if (sockets.FirstOrDefault(exists) is { } found) return new Endpoint(null, found, Said: !localOnly);
        if (!localOnly && UsualFile(variable) is { } file && exists(file) && urlsIn?.Invoke(file) is { } urls) return Broker(urls, file) with { Creds = file };
        throw localOnly
            ? CliException.NoConnection("no server runs on this machine: there is no socket", $"looked for {string.Join(" and ", sockets)}; give --socket PATH, or start one with: scout server run")
            : CliException.Usage("nowhere to ask: no broker was named, and no server runs on this machine", "give --broker nats://HOST:4222, or set SCOUT_BROKER; credentials with an address in them: --creds FILE; for a server on this machine --socket PATH");
    }

    /// <summary>Plain and on this machine: that can mean nothing but dev mode (security.md 2).</summary>
    internal static bool IsDev(string urls) => urls.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).All(url =>
        Uri.TryCreate(url.Contains("://", StringComparison.Ordinal) ? url : "nats://" + url, UriKind.Absolute, out Uri? uri)
        && uri.Scheme == "nats" && (uri.Host == "localhost" || (System.Net.IPAddress.TryParse(uri.Host.Trim('[', ']'), out System.Net.IPAddress? address) && System.Net.IPAddress.IsLoopback(address))));

    // The data directory of a node stands for the socket in it.
    private static string Socket(string path) => Directory.Exists(path) ? Path.Combine(path, "server.sock") : path;

    // A file that lies around is for brokers that need one; who names it means it.
    private static string? Usual(Func<string, string?> variable, string url, Func<string, bool>? exists = null) =>
        variable("SCOUT_CREDS") ?? (!IsDev(url) && UsualFile(variable) is { } file && (exists ?? File.Exists)(file) ? file : null);

    private static string? UsualFile(Func<string, string?> variable) =>
        variable("XDG_CONFIG_HOME") is { } folder ? Path.Combine(folder, "scout", "scout.creds") : variable("HOME") is { } home ? Path.Combine(home, ".config", "scout", "scout.creds") : null;

    private static string? Subject(string flag, string? text, int tokens)
    {
        if (text is null) return null;
        string[] parts = text.Split('.');
        bool good = parts.Length <= tokens && parts.All(static part => part.Length is > 0 and <= 64 && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'));
        return good ? text : throw CliException.Usage($"{flag}: '{text}' is no subject", tokens == 1 ? "as in hub" : "as in _INBOX.bob");
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

            if (uri.Scheme is not ("nats" or "tls" or "srv")) throw CliException.Usage($"{origin}: '{uri.Scheme}://' is not the scheme of a broker", "write tls://broker.example.org:4222, or nats://127.0.0.1:4222");
        }

        return new Endpoint(string.Join(',', urls), null, Said: false);
    }
}

/// <summary>A broker or a socket.</summary>
/// <param name="Broker">URLs with commas, or null.</param>
/// <param name="Socket">Path, or null.</param>
/// <param name="Said">Nobody named it: it is told on stderr.</param>
/// <param name="Creds">Path of a creds file, or null.</param>
internal sealed record Endpoint(string? Broker, string? Socket, bool Said, string? Creds = null);
