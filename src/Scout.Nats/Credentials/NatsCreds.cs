using System.Security.Cryptography;
using System.Text;

namespace Scout.Nats;

/// <summary>
/// What a user logs in with: a JWT and the seed of the key it is about. A file of these may also carry certificates (PEM) of the authority that signs the
/// servers' certificates, and a line <c># urls: tls://host:4222,…</c>; the tools of NATS ignore both.
/// </summary>
public sealed class NatsCreds : IDisposable
{
    // A JWT of 3 KiB, a seed and a bundle of authorities.
    private const int MaxFileSize = 256 * 1024;

    /// <summary>The longest user JWT that fits into the control line of a server with default limits.</summary>
    public const int MaxJwtLength = 3 * 1024;

    private NatsCreds(string jwt, NatsUserClaims claims, NKeyPair key)
    {
        Jwt = jwt;
        Claims = claims;
        Key = key;
    }

    public string Jwt { get; }

    /// <summary>What <see cref="Jwt"/> says.</summary>
    public NatsUserClaims Claims { get; }

    /// <summary>Signs the server's nonce, and requests.</summary>
    public NKeyPair Key { get; }

    /// <summary>The certificate blocks of the file as they stand there; null without one.</summary>
    public string? CertificatesPem { get; private init; }

    /// <summary>Addresses, separated by commas, as <see cref="NatsOpts.Url"/> takes them; null without.</summary>
    public string? Urls { get; private init; }

    /// <summary>What whoever signed the login calls it, for people to read (<c># role:</c>); null without. It proves nothing: rights follow from the key that signed.</summary>
    public string? Role { get; private init; }

    /// <summary>Puts a JWT and its key together.</summary>
    /// <exception cref="NatsCredentialsException">The JWT is not a user's, is too long, or belongs to another key.</exception>
    public static NatsCreds Create(string jwt, NKeyPair key, string? certificatesPem = null, string? urls = null, string? role = null)
    {
        jwt = jwt.Trim();
        if (jwt.Length > MaxJwtLength) throw new NatsCredentialsException($"The JWT has {jwt.Length} characters; servers take at most {MaxJwtLength}.");
        if (!NatsJwt.TryRead(jwt, out NatsUserClaims? claims, out string why)) throw new NatsCredentialsException($"The JWT cannot be used: {why}.");
        if (claims.Subject != key.PublicKey) throw new NatsCredentialsException($"The seed is not that of the JWT: it belongs to {key.PublicKey}, the JWT to {claims.Subject}.");
        return new NatsCreds(jwt, claims, key) { CertificatesPem = certificatesPem, Urls = urls, Role = role };
    }

    /// <summary>Reads a creds file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="now">When given, a JWT that has expired by then is refused too.</param>
    /// <exception cref="NatsCredentialsException">
    /// It is not there, others can read it (mode &amp; 007), it belongs to neither root nor us, the seed is not that of the JWT, or the JWT has expired.
    /// </exception>
    public static NatsCreds Read(string path, DateTimeOffset? now = null)
    {
        byte[] bytes = SecretFile.Read(path, MaxFileSize);
        try
        {
            NatsCreds creds = Parse(bytes);
            if (now is not { } moment || !creds.Claims.IsExpired(moment)) return creds;
            creds.Dispose();
            throw new NatsCredentialsException($"the JWT has been expired since {creds.Claims.Expires:yyyy-MM-dd HH:mm:ss}Z; get new credentials");
        }
        catch (NatsCredentialsException error)
        {
            throw new NatsCredentialsException($"{path}: {error.Message}", error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Reads the text of a creds file.</summary>
    /// <exception cref="NatsCredentialsException">A block is missing, or the seed is not that of the JWT.</exception>
    public static NatsCreds Parse(ReadOnlySpan<byte> text)
    {
        string? jwt = null, urls = null, role = null;
        NKeyPair? key = null;
        var pem = new StringBuilder();
        string? inside = null;
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range].Trim(" \t\r"u8);
            if (IsMark(line, out string? label, out bool begins))
            {
                inside = begins ? label : null;
                if (label == "CERTIFICATE") pem.Append(begins ? "-----BEGIN CERTIFICATE-----\n" : "-----END CERTIFICATE-----\n");
                continue;
            }

            if (inside is null && line.StartsWith("# urls:"u8)) urls = Encoding.UTF8.GetString(line[7..]).Trim();
            if (inside is null && line.StartsWith("# role:"u8)) role = Encoding.UTF8.GetString(line[7..]).Trim();
            if (line.IsEmpty) continue;
            if (inside == "NATS USER JWT") jwt += Encoding.UTF8.GetString(line);
            else if (inside == "USER NKEY SEED") key ??= Seed(line);
            else if (inside == "CERTIFICATE") pem.Append(Encoding.UTF8.GetString(line)).Append('\n');
        }

        if (jwt is null) throw new NatsCredentialsException("there is no block BEGIN NATS USER JWT");
        if (key is null) throw new NatsCredentialsException("there is no block BEGIN USER NKEY SEED");
        try
        {
            return Create(jwt, key, pem.Length > 0 ? pem.ToString() : null, urls, role);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static NatsCreds Parse(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            return Parse(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>The text of a creds file. It holds the seed: write it with mode 0600.</summary>
    public string Format() => Format(Jwt, Key.ExportSeed(), CertificatesPem, Urls, Role);

    /// <inheritdoc cref="Format()"/>
    public static string Format(string jwt, string seed, string? certificatesPem = null, string? urls = null, string? role = null)
    {
        var text = new StringBuilder();
        text.Append("-----BEGIN NATS USER JWT-----\n").Append(jwt.Trim()).Append("\n------END NATS USER JWT------\n\n");
        text.Append("************************* IMPORTANT *************************\n");
        text.Append("The seed below is a secret: who has it can log in as this user.\n\n");
        text.Append("-----BEGIN USER NKEY SEED-----\n").Append(seed.Trim()).Append("\n------END USER NKEY SEED------\n\n");
        text.Append("*************************************************************\n");
        if (certificatesPem is not null) text.Append('\n').Append(certificatesPem.Trim()).Append('\n');
        if (urls is not null) text.Append("\n# urls: ").Append(urls).Append('\n');
        if (role is not null) text.Append("# role: ").Append(role).Append('\n');
        return text.ToString();
    }

    /// <summary>Zeroes the seed.</summary>
    public void Dispose() => Key.Dispose();

    /// <summary>Name and public key of the user.</summary>
    public override string ToString() => $"{Claims.Name} ({Key.PublicKey})";

    private static NKeyPair Seed(ReadOnlySpan<byte> line)
    {
        Span<char> text = stackalloc char[Math.Min(line.Length, NKeyText.SeedLength + 1)];
        int length = Encoding.ASCII.GetChars(line[..text.Length], text);
        try
        {
            NKeyPair key = NKeyPair.FromSeed(text[..length]);
            if (key.Type == NKeyType.User) return key;
            key.Dispose();
            throw new NatsCredentialsException($"the seed is one of type {key.Type}, not of a user");
        }
        finally
        {
            text.Clear();
        }
    }

    // Three or more dashes on either side, BEGIN or END, and a label.
    private static bool IsMark(ReadOnlySpan<byte> line, out string? label, out bool begins)
    {
        label = null;
        begins = false;
        ReadOnlySpan<byte> text = line.Trim((byte)'-');
        if (!line.StartsWith("---"u8) || !line.EndsWith("---"u8) || line.Length > 100) return false;
        text = text.Trim((byte)' ');
        begins = text.StartsWith("BEGIN "u8);
        if (!begins && !text.StartsWith("END "u8)) return false;
        label = Encoding.ASCII.GetString(text[(begins ? 6 : 4)..]);
        return true;
    }
}
