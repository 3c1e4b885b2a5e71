using System.Security.Cryptography;
using System.Text;
using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Credentials;

/// <summary>
/// Credentials for people (security.md 5): made where the key of the role lies, for a key that is made here or on the holder's own machine. Every file is 0600 and never
/// takes the place of another.
/// </summary>
public static class CredentialDesk
{
    private const int MaxFileSize = 256 * 1024;
    private const string JwtBegin = "-----BEGIN NATS USER JWT-----";
    private const string JwtEnd = "------END NATS USER JWT------";
    private const string SeedBegin = "-----BEGIN USER NKEY SEED-----";
    private const string SeedEnd = "------END USER NKEY SEED------";

    /// <summary>Roles of which credentials are handed out by hand. Those of the broker's own services and of token holders are made where they are used.</summary>
    public static IReadOnlyList<ScoutRole> Roles { get; } =
        [ScoutRole.Viewer, ScoutRole.Operator, ScoutRole.Deployer, ScoutRole.Admin, ScoutRole.Gateway, ScoutRole.Node, ScoutRole.Broker];

    /// <summary>Signs a login and writes it down.</summary>
    public static (CredsFile? Made, BrokerExit? Error) Issue(CredsOptions options, TimeProvider time) => Guard(() =>
    {
        if (!Roles.Contains(options.Role)) throw new BrokerKeyException($"credentials of role {RoleNames.Word(options.Role)} are not made by hand", "roles: " + string.Join(", ", Roles.Select(RoleNames.Word)));
        if (options.Groups.Count > 0 && options.Role != ScoutRole.Node) throw new BrokerKeyException("only a node is in groups", "leave --group out");
        NotThere(options.File);
        var authority = new AccountAuthority(BrokerKeyring.Open(options.Root), time);
        BrokerSettings settings = BrokerSettings.Read(authority.Keys.Files);
        using NKeyPair? made = options.Key is null ? NKeyPair.Create(NKeyType.User) : null;
        IssuedUser user = authority.IssueUser(options.Role, options.Name, made?.PublicKey ?? options.Key!, options.Groups, options.Life);
        string pem = authority.Keys.Files.AuthorityPem();
        string role = RoleNames.Word(options.Role);
        string text = made is null ? WithoutSeed(user.Jwt, pem, settings.UrlList, role) : NatsCreds.Format(user.Jwt, made.ExportSeed(), pem, settings.UrlList, role);
        PrivateFile.Create(options.File, text);
        return Describe(options.File, text);
    });

    /// <summary>Makes a key for somebody who will send its public half to whoever signs.</summary>
    public static (string? PublicKey, BrokerExit? Error) MakeKey(string file) => Guard(() =>
    {
        NotThere(file);
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        PrivateFile.Create(file, key.ExportSeed() + "\n");
        return key.PublicKey;
    });

    /// <summary>Puts a file without a seed and the seed of <see cref="MakeKey"/> together.</summary>
    public static (CredsFile? Made, BrokerExit? Error) Join(string signed, string seedFile, string file) => Guard(() =>
    {
        NotThere(file);
        string text = Read(signed);
        if (text.Contains(SeedBegin, StringComparison.Ordinal)) throw new BrokerKeyException($"{signed} has a seed in it already", "it can be used as it is");
        using NKeyPair key = SeedFile.Open(seedFile, NKeyType.User);
        using NatsCreds creds = Parse(signed, $"{text.TrimEnd()}\n{SeedBegin}\n{key.ExportSeed()}\n{SeedEnd}\n");
        string whole = creds.Format();
        PrivateFile.Create(file, whole);
        return Describe(file, whole);
    });

    /// <summary>Tells what is in a creds file. Never its seed.</summary>
    public static (CredsFile? File, BrokerExit? Error) Show(string file) => Guard(() =>
    {
        string text = Read(file);
        if (text.Contains(SeedBegin, StringComparison.Ordinal))
        {
            if (PrivateFile.WhyNotSecret(file) is { } open) throw new BrokerKeyException($"there is a seed in it, and {open}", "who may have read it can log in: have it revoked and get a new one");
            Parse(file, text).Dispose();
        }

        return Describe(file, text);
    });

    private static NatsCreds Parse(string file, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            return NatsCreds.Parse(bytes);
        }
        catch (NatsCredentialsException failure)
        {
            throw new BrokerKeyException($"{file}: {failure.Message}", "it must be the file that was signed for the key of this seed");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static CredsFile Describe(string file, string text)
    {
        int begin = text.IndexOf(JwtBegin, StringComparison.Ordinal);
        int end = begin < 0 ? -1 : text.IndexOf(JwtEnd, begin, StringComparison.Ordinal);
        if (end < 0) throw new BrokerKeyException($"{file} is no creds file: there is no block '{JwtBegin}' in it");
        if (!NatsJwt.TryRead(text[(begin + JwtBegin.Length)..end].Trim(), out NatsUserClaims? claims, out string why)) throw new BrokerKeyException($"{file}: the JWT cannot be used: {why}");
        return new CredsFile(file, claims.Name, claims.Subject, RoleNames.Groups(claims.Tags), claims.Expires, text.Contains(SeedBegin, StringComparison.Ordinal), Line(text, "# urls:")) { Role = Line(text, "# role:") };
    }

    private static string Line(string text, string begin) => text.Split('\n').FirstOrDefault(line => line.StartsWith(begin, StringComparison.Ordinal))?[begin.Length..].Trim() ?? "";

    private static string WithoutSeed(string jwt, string pem, string urls, string role) =>
        $"{JwtBegin}\n{jwt}\n{JwtEnd}\n\n# No seed is in here: it lies where the key was made. Put both together with 'scout creds join'.\n\n{pem.Trim()}\n\n# urls: {urls}\n# role: {role}\n";

    private static string Read(string file)
    {
        if (!File.Exists(file)) throw new BrokerKeyException($"there is no file {file}");
        return new FileInfo(file).Length <= MaxFileSize ? File.ReadAllText(file) : throw new BrokerKeyException($"{file} is too long for a creds file");
    }

    private static void NotThere(string file)
    {
        if (Path.Exists(file)) throw new BrokerKeyException($"{file} is there already", "nothing is overwritten: give another --out, or take it away first");
    }

    private static (T? Value, BrokerExit? Error) Guard<T>(Func<T> work)
        where T : class
    {
        try
        {
            return (work(), null);
        }
        catch (BrokerKeyException refused)
        {
            return (null, refused.ToExit());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, BrokerExit.Refused(failure.Message, ""));
        }
    }
}
