using System.Security.Cryptography;
using Scout.Cli.Errors;
using Scout.Nats;
using Scout.Protocol.Security.Signing;
using Scout.Server.Connection;

namespace Scout.Cli.Asking;

/// <summary>Who we are to a broker and its nodes: credentials that sign every request, or in dev mode a name and perhaps a token.</summary>
internal sealed class Login : IDisposable
{
    private readonly RequestSigner? signer;

    private Login(NatsCreds? creds, string? caFile, string? token, string devCaller, TimeProvider time)
    {
        Creds = creds;
        CaFile = caFile;
        Token = token;
        DevCaller = devCaller;
        if (creds is not null) signer = new RequestSigner(creds.Jwt, lines => creds.Key.Sign(lines), RandomNumberGenerator.Fill, time);
    }

    /// <summary>Null in dev mode.</summary>
    public NatsCreds? Creds { get; }

    private string? CaFile { get; }

    private string? Token { get; }

    private string DevCaller { get; }

    /// <summary>Domain of JetStream at a broker that is not ours; null: the account's own.</summary>
    public string? Domain { get; init; }

    /// <summary>Where this login hears answers; null: <c>_INBOX.KEY</c>, as the roles say.</summary>
    public string? Inbox { get; init; }

    /// <summary>What a caller in dev mode has.</summary>
    public static Login Dev(string caller, string? token, TimeProvider time) => new(null, null, token, caller, time);

    /// <summary>Reads credentials.</summary>
    /// <exception cref="CliException">They cannot be used, and why.</exception>
    public static Login Read(string path, string? caFile, TimeProvider time, string? domain = null, string? inbox = null)
    {
        try
        {
            return new Login(NatsCreds.Read(path, time.GetUtcNow()), caFile, null, "", time) { Domain = domain, Inbox = inbox };
        }
        catch (NatsCredentialsException failure)
        {
            string hint = !File.Exists(path) ? "give the file that 'scout creds new' made: --creds FILE, or SCOUT_CREDS"
                : failure.Message.Contains("expired", StringComparison.Ordinal) ? "ask who runs the broker for new ones: scout creds new --role ROLE --name NAME"
                : failure.Message.Contains(" belongs to user ", StringComparison.Ordinal) ? "call it as the owner (sudo -u NAME scout ...), or take a file of your own: scout creds new"
                : "'scout creds show FILE' tells what is in it";
            throw CliException.NoConnection(failure.Message, hint);
        }
    }

    /// <summary>The addresses in a creds file, or null; the file is judged when it is used.</summary>
    public static string? UrlsIn(string path)
    {
        try
        {
            using NatsCreds creds = NatsCreds.Read(path);
            return string.IsNullOrWhiteSpace(creds.Urls) ? null : creds.Urls;
        }
        catch (NatsCredentialsException)
        {
            return null;
        }
    }

    /// <summary>What a connection needs.</summary>
    public NatsOpts Apply(NatsOpts opts) => Creds is null
        ? opts with { AuthOpts = new NatsAuthOpts { Token = Token } }
        : opts with
        {
            AuthOpts = new NatsAuthOpts { Creds = Creds },
            RefusedPatience = NatsOpts.ReloadPatience,
            ResolveServers = BrokerServers.FindAsync,
            TlsOpts = CaFile is null ? opts.TlsOpts : opts.TlsOpts with { CaFile = CaFile },
            // Nobody else may listen there (security.md 5).
            InboxPrefix = Inbox ?? "_INBOX." + Creds.Claims.Subject,
            JetStreamDomain = Domain,
        };

    /// <summary>Headers of one transmission of a request.</summary>
    public NatsHeaders Headers(string subject, ReadOnlySpan<byte> body)
    {
        NatsHeaders headers = [];
        if (signer is null)
        {
            if (DevCaller.Length > 0 && DevCaller.All(char.IsAscii)) headers.Add(SigningHeaders.Caller, DevCaller);
            return headers;
        }

        foreach ((string name, string value) in signer.Headers(subject, body)) headers.Add(name, value);
        return headers;
    }

    public void Dispose() => Creds?.Dispose();
}
