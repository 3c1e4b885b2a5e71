using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Initialising;
using Scout.Broker.Keys;
using Scout.Broker.Secure;
using Scout.Broker.Supervision;

namespace Scout.Broker.Attached;

/// <summary>What a broker beside a nats-server works with, from its options: directory, files, configuration. Made by <c>config</c> before the server starts, and by <c>run</c> again.</summary>
internal sealed class AttachedSetup
{
    private AttachedSetup(AttachedOptions options, BrokerFiles files, BrokerSettings settings, ListenAddress listen, SecureConfiguration configuration)
    {
        Options = options;
        Files = files;
        Settings = settings;
        Listen = listen;
        Configuration = configuration;
    }

    public AttachedOptions Options { get; }

    public BrokerFiles Files { get; }

    public BrokerSettings Settings { get; }

    public ListenAddress Listen { get; }

    public SecureConfiguration Configuration { get; }

    /// <summary>Null: our own.</summary>
    public ExternalCertificate? External => ExternalOf(Options);

    /// <summary>Where the server is reached from here: containers of a pod share the network.</summary>
    public ServerPorts Ports => new(
        new Uri("nats://" + Listen), new Uri(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"http://127.0.0.1:{Options.MonitorPort}")));

    /// <summary>Null: it stands alone.</summary>
    public ClusterSeat? Seat => Options.Routes.Count > 0 ? new ClusterSeat(Options.ServerName, Options.Replicas) : null;

    public string PidFile => Path.Combine(Options.Out, NatsServerConfig.PidFile);

    /// <summary>Opens the directory, takes the Secret over, and makes what is made from both.</summary>
    /// <exception cref="BrokerKeyException">It is not complete, or not of one fleet.</exception>
    public static async Task<(AttachedSetup? Setup, BrokerExit? Error)> OpenAsync(AttachedOptions options, TimeProvider time, CancellationToken cancellation)
    {
        if (WhyBad(options) is { } bad) return (null, bad);
        JsonObject? merge = null;
        if (options.Merge is { } path && !ConfigMerge.TryRead(path, out merge, out string? why)) return (null, BrokerExit.Usage($"--merge: {why}"));
        if (!BrokerDirectory.TryOpen(options.Data, out BrokerDirectory? directory, out BrokerExit? error)) return (null, error);
        if ((OpenOut("--out", options.Out) ?? OpenOut("--store", options.Store)) is { } closed) return (null, closed);
        NatsServerBinary? judge = null;
        if (options.NatsServer is not null)
        {
            (judge, error) = await NatsServerBinary.FindAsync(options.NatsServer, null, time);
            if (judge is null) return (null, error);
        }

        directory = directory with { Run = options.Out, Store = options.Store };
        var files = new BrokerFiles(directory.Root) { Out = options.Out };
        using ChangeLock held = await ChangeLock.TakeAsync(files.ChangeLock, time, cancellation);
        Adopt(options, files, time);
        if (!BrokerSettings.TryRead(files.Settings, out BrokerSettings? settings, out why)) return (null, BrokerExit.Usage(why, "'scout broker init DIR --host NAME' and 'scout broker secret DIR' make what is missing"));
        settings = Shape(options, settings);
        if (!ListenAddress.TryRead("--listen", settings.Listen, loopbackOnly: false, out ListenAddress? listen, out error)) return (null, error);
        if (!NatsServerVersion.TryParse(options.ServerVersion + ".0", out NatsServerVersion version)) return (null, BrokerExit.Usage($"--server-version: '{Protocol.Shown.Clip(options.ServerVersion)}' is no version", "write 2.9, 2.10 or 2.14, as the image of nats-server has it"));
        ClusterShape? cluster = null;
        if (options.Routes.Count > 0)
        {
            if (!ListenAddress.TryRead("--cluster-listen", options.ClusterListen, loopbackOnly: false, out ListenAddress? others, out error)) return (null, error);
            cluster = Cluster(options, files, others, time.GetUtcNow());
        }

        var shape = new ServerShape
        {
            Name = options.ServerName,
            MonitorPort = options.MonitorPort,
            MaxFile = (long)options.MaxFileGiB << 30,
            MaxMemory = (long)options.MaxMemoryMiB << 20,
            Cluster = cluster,
            Merge = merge,
        };
        return (new AttachedSetup(options, files, settings, listen, new SecureConfiguration(directory, files, listen, version, judge, shape)), null);
    }

    /// <summary>Takes the Secret over once more. True when something changed. Call under the change lock.</summary>
    public bool Adopt(TimeProvider time) => Adopt(Options, Files, time);

    private static bool Adopt(AttachedOptions options, BrokerFiles files, TimeProvider time)
    {
        if (options.Secret is not { } secret) return false;
        return new MountedSecret(files, secret, time).Adopt(ExternalOf(options) is not null, settings => Shape(options, settings));
    }

    private static ExternalCertificate? ExternalOf(AttachedOptions options) =>
        options is { TlsCertificate: { } certificate, TlsKey: { } key } ? new ExternalCertificate(certificate, key, options.TlsAuthority) : null;

    private static BrokerSettings Shape(AttachedOptions options, BrokerSettings settings) => settings with
    {
        Hosts = options.Hosts.Count > 0 ? options.Hosts : settings.Hosts,
        Listen = options.Listen ?? settings.Listen,
    };

    private static ClusterShape Cluster(AttachedOptions options, BrokerFiles files, ListenAddress listen, DateTimeOffset now)
    {
        string keyFile = SecretFiles.ClusterKeyFile(files);
        if (!File.Exists(keyFile)) throw new BrokerKeyException($"servers of a cluster need {SecretFiles.ClusterKey}, and the Secret has none", "make it anew with 'scout broker secret DIR'");
        if (PrivateFile.WhyNotSecret(keyFile) is { } open) throw new BrokerKeyException($"the cluster's key cannot be trusted: {open}");
        string authority = Path.Combine(options.Out, "cluster-ca.pem"), certificate = Path.Combine(options.Out, "cluster.pem"), key = Path.Combine(options.Out, "cluster.key");
        // Made once a pod: a running server reads them only when it starts.
        if (!File.Exists(authority) || !File.Exists(certificate) || !File.Exists(key))
        {
            CertificatePem root = FleetCertificates.MakeClusterAuthority(now, File.ReadAllText(keyFile));
            CertificatePem member = FleetCertificates.IssueClusterMember(root, [.. options.Routes.Select(static route => new Uri(route).Host.Trim('[', ']')).Distinct(StringComparer.OrdinalIgnoreCase)], now);
            PrivateFile.Replace(key, member.Key);
            PrivateFile.Replace(certificate, member.Certificates);
            PrivateFile.Replace(authority, root.Certificates);
        }

        return new ClusterShape("scout", listen, options.Routes, certificate, key, authority);
    }

    private static BrokerExit? WhyBad(AttachedOptions options)
    {
        foreach (string route in options.Routes)
        {
            if (!Uri.TryCreate(route, UriKind.Absolute, out Uri? uri) || uri.Scheme != "tls" || uri.Port <= 0 || uri.UserInfo.Length > 0) return BrokerExit.Usage($"--route: '{Protocol.Shown.Clip(route)}' is no tls://HOST:PORT");
        }

        if (options.Replicas is not (1 or 3 or 5)) return BrokerExit.Usage($"--replicas: {options.Replicas} is not 1, 3 or 5", "an even number of servers survives no more losses than the odd one below it");
        if (options.Replicas > 1 && options.Routes.Count < options.Replicas) return BrokerExit.Usage($"--replicas {options.Replicas} wants as many --route", "give the URL of each server, its own too");
        if (options.MonitorPort is <= 0 or > 65_535) return BrokerExit.Usage("--monitor-port: a port is 1 to 65535");
        if (options.MaxFileGiB < 1 || options.MaxMemoryMiB < 1) return BrokerExit.Usage("--max-file-gib, --max-mem-mib: at least 1");
        if (options.ServerName.Length is 0 or > 63 || !options.ServerName.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) return BrokerExit.Usage($"--server-name: '{Protocol.Shown.Clip(options.ServerName)}' is no name", "letters, digits, - and _, at most 63");
        return (options.TlsCertificate is null) == (options.TlsKey is null) ? null : BrokerExit.Usage("--tls-cert and --tls-key belong together", "give both");
    }

    /// <summary>An emptyDir's root may be written by everybody of the pod; what we put there is 0600, and both containers run as one user.</summary>
    private static BrokerExit? OpenOut(string flag, string path)
    {
        try
        {
            Directory.CreateDirectory(path, PrivateFile.Folder);
            string probe = Path.Combine(path, ".probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return BrokerExit.Refused($"{flag}: {path} cannot be used: {failure.Message}", "give a folder that this user may write and the container of nats-server sees at the same path");
        }
    }
}
