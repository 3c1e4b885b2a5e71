using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Scout.Nats.Connection;

/// <summary>What is said about us in one CONNECT. Read anew for every attempt, and gone after it.</summary>
internal sealed class Login : IDisposable
{
    private const int ShortestNonce = 8;
    private const int LongestNonce = 128;

    private NatsCreds? creds;
    private bool owned;
    private NKeyPair? key;
    private string? user;
    private string? password;
    private string? token;

    /// <summary>When the server will end a connection made with it; null never.</summary>
    public DateTimeOffset? Expires => creds?.Claims.Expires;

    /// <summary>The authorities that came with the credentials.</summary>
    public string? CertificatesPem => creds?.CertificatesPem;

    /// <exception cref="NatsCredentialsException">They cannot be used, or have expired.</exception>
    public static async ValueTask<Login> ReadAsync(NatsOpts opts, CancellationToken cancellationToken)
    {
        NatsAuthOpts auth = opts.AuthOpts;
        DateTimeOffset now = opts.TimeProvider.GetUtcNow();
        if (auth.AuthCredCallback is null && auth.Creds is null && auth.CredsFile is not null) return new Login { creds = NatsCreds.Read(auth.CredsFile, now), owned = true };
        NatsCreds? given = auth.AuthCredCallback is { } ask ? await ask(cancellationToken).ConfigureAwait(false) : auth.Creds;
        if (given is not null)
        {
            if (given.Claims.IsExpired(now))
                throw new NatsCredentialsException($"The credentials of {given.Claims.Name} have been expired since {given.Claims.Expires:yyyy-MM-dd HH:mm:ss}Z; get new ones.");
            return new Login { creds = given };
        }

        return new Login { key = auth.NKey, user = auth.Username, password = auth.Password, token = auth.Token };
    }

    /// <summary>Adds what the server asks for to the JSON of CONNECT.</summary>
    /// <param name="json">Inside its object.</param>
    /// <param name="address">May hold a token or user and password.</param>
    /// <param name="info">What the server says about itself; its nonce is signed.</param>
    /// <param name="tls">Whether the line is encrypted, and the server proven.</param>
    /// <exception cref="NatsException">The server asks for no proof, or for one that must not be given.</exception>
    public void Write(Utf8JsonWriter json, ServerAddress address, ServerInfo info, bool tls)
    {
        if (creds is not null || key is not null)
        {
            WriteSigned(json, address, info, tls);
        }
        else if (user is not null)
        {
            json.WriteString("user", user);
            json.WriteString("pass", password ?? "");
        }
        else if (token is not null)
        {
            json.WriteString("auth_token", token);
        }
        else if (address.UserInfo is { } text)
        {
            int colon = text.IndexOf(':');
            if (colon < 0)
            {
                json.WriteString("auth_token", Uri.UnescapeDataString(text));
                return;
            }

            json.WriteString("user", Uri.UnescapeDataString(text[..colon]));
            json.WriteString("pass", Uri.UnescapeDataString(text[(colon + 1)..]));
        }
    }

    public void Dispose()
    {
        if (owned) creds?.Dispose();
    }

    private void WriteSigned(Utf8JsonWriter json, ServerAddress address, ServerInfo info, bool tls)
    {
        if (info.Nonce is not { } nonce)
        {
            // A development server on this machine lets everybody in; anywhere else that is not the server we were told of.
            if (!tls && !info.AuthRequired) return;
            throw new NatsConnectionFailedException($"The server {address} asks for no signature, so it does not check who logs in; it is not given our credentials.");
        }

        if (!MayBeSigned(nonce)) throw new NatsProtocolViolationException("its nonce is not 8 to 128 characters of base64url, and nothing else is signed");
        NKeyPair signer = creds?.Key ?? key!;
        if (creds is not null) json.WriteString("jwt", creds.Jwt);
        else json.WriteString("nkey", signer.PublicKey);
        json.WriteString("sig", Base64Url.EncodeToString(signer.Sign(Encoding.ASCII.GetBytes(nonce))));
    }

    // The server chooses the nonce, and the key also signs requests: those contain line feeds, which this does not let through.
    private static bool MayBeSigned(string nonce)
    {
        if (nonce.Length is < ShortestNonce or > LongestNonce) return false;
        foreach (char c in nonce)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        }

        return true;
    }
}
