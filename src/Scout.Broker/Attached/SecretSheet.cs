using System.Text;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Broker.Attached;

/// <summary>What <c>scout broker secret</c> is told.</summary>
public sealed record SecretOptions
{
    /// <summary>Directory of <c>scout broker init</c>.</summary>
    public string Root { get; init; } = BrokerOptions.DefaultData;

    /// <summary>Null: that of whoever applies it.</summary>
    public string? Namespace { get; init; }

    /// <summary>Of the broker's Secret.</summary>
    public string Name { get; init; } = "scout-broker";

    /// <summary>Of the servers' Secret.</summary>
    public string ServersName { get; init; } = "scout-servers";

    /// <summary>File with a token of <c>scout token new</c> for the servers' Secret; null: none.</summary>
    public string? TokenFile { get; init; }
}

/// <summary>The Kubernetes Secrets of a broker's directory: what the broker in the cluster needs, and what servers need to find and verify it.</summary>
public static class SecretSheet
{
    /// <summary>Key of the authority in the servers' Secret.</summary>
    public const string ServersAuthority = "ca.crt";

    /// <summary>Key of the token in the servers' Secret.</summary>
    public const string ServersToken = "enroll.token";

    /// <summary>YAML of both.</summary>
    public static async Task<(string? Yaml, BrokerExit? Error)> RenderAsync(SecretOptions options, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            if (new[] { options.Name, options.ServersName, options.Namespace ?? "x" }.FirstOrDefault(static name => !IsName(name)) is { } bad) return (null, BrokerExit.Usage($"'{Protocol.Shown.Clip(bad)}' is no name in Kubernetes", "small letters, digits and '-'"));
            if (options.Name == options.ServersName) return (null, BrokerExit.Usage("--name and --servers must differ", "the servers must not get the broker's keys"));
            BrokerKeyring keys = BrokerKeyring.Open(options.Root);
            var files = keys.Files;
            using ChangeLock held = await ChangeLock.TakeAsync(files.ChangeLock, time, cancellation);
            string cluster = SecretFiles.ClusterKeyFile(files);
            if (!File.Exists(cluster)) PrivateFile.Create(cluster, FleetCertificates.MakeClusterAuthority(time.GetUtcNow()).Key);
            var broker = new List<KeyValuePair<string, byte[]>>();
            foreach ((string name, string path) in SecretFiles.Of(files))
            {
                bool key = path.EndsWith(".nk", StringComparison.Ordinal) || path.EndsWith(".key", StringComparison.Ordinal);
                if (!File.Exists(path)) throw new BrokerKeyException($"{path} is not here, and the broker needs it", $"'scout broker init {files.Root}' makes what is missing; a key that was taken away must be brought back for this step");
                if (key && PrivateFile.WhyNotSecret(path) is { } open) throw new BrokerKeyException($"the key cannot be trusted: {open}");
                broker.Add(new(name, await File.ReadAllBytesAsync(path, cancellation)));
            }

            var servers = new List<KeyValuePair<string, byte[]>> { new(ServersAuthority, Encoding.UTF8.GetBytes(files.AuthorityPem())) };
            if (options.TokenFile is { } tokenFile)
            {
                string text = (await File.ReadAllTextAsync(tokenFile, cancellation)).Trim();
                if (!EnrolmentToken.TryParse(text, out EnrolmentToken? token, out string? why)) return (null, BrokerExit.Usage($"{tokenFile} holds no token: {why}", "'scout token new' prints one"));
                if (token.Expires <= time.GetUtcNow()) return (null, BrokerExit.Usage($"the token in {tokenFile} has expired", "'scout token new' prints another"));
                servers.Add(new(ServersToken, Encoding.UTF8.GetBytes(text + "\n")));
            }

            return (Yaml(options, options.Name, broker) + "---\n" + Yaml(options, options.ServersName, servers), null);
        }
        catch (BrokerKeyException failure)
        {
            return (null, failure.ToExit());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, BrokerExit.Refused(failure.Message));
        }
    }

    private static string Yaml(SecretOptions options, string name, IEnumerable<KeyValuePair<string, byte[]>> data)
    {
        var text = new StringBuilder($"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\n");
        if (options.Namespace is { } place) text.Append($"  namespace: {place}\n");
        text.Append("type: Opaque\ndata:\n");
        foreach ((string key, byte[] value) in data.OrderBy(static one => one.Key, StringComparer.Ordinal)) text.Append($"  {key}: {Convert.ToBase64String(value)}\n");
        return text.ToString();
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 63 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') && name[0] != '-' && name[^1] != '-';
}
