using Scout.Broker.Files;
using Scout.Broker.Initialising;

namespace Scout.Broker.Tests.Initialising;

/// <summary>A directory in which a secure broker is set up.</summary>
internal sealed class InitBench : IDisposable
{
    private readonly TempFolder folder = new();

    public InitBench()
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        Files = new BrokerFiles(folder.File("broker"));
        Options = new InitOptions { Root = Files.Root, NatsServer = NatsServerProcess.Executables[0] };
    }

    public BrokerFiles Files { get; }

    public InitOptions Options { get; }

    public string Path(string name) => folder.File(name);

    public Task<InitReport> RunAsync(params string[] hosts) => RunAsync(static options => options, hosts);

    public async Task<InitReport> RunAsync(Func<InitOptions, InitOptions> change, params string[] hosts)
    {
        (InitReport? report, BrokerExit? error) = await BrokerInit.RunAsync(change(Options with { Hosts = hosts }), TimeProvider.System, CancellationToken.None);
        return report ?? throw new InvalidOperationException($"{error!.Message} ({error.Hint})");
    }

    /// <summary>Relative path and text of every file but those that are written at each call.</summary>
    public Dictionary<string, string> Contents() => !Directory.Exists(Files.Root)
        ? []
        : Directory.EnumerateFiles(Files.Root, "*", SearchOption.AllDirectories)
            .Where(path => path != Files.Config && path != Files.ChangeLock && path != Files.Issued && path != Files.Issued + ".lock")
            .ToDictionary(path => System.IO.Path.GetRelativePath(Files.Root, path), File.ReadAllText, StringComparer.Ordinal);

    /// <summary>Copies a file of another broker.</summary>
    public void Take(InitBench other, string path)
    {
        string target = System.IO.Path.Combine(Files.Root, System.IO.Path.GetRelativePath(other.Files.Root, path));
        for (string at = System.IO.Path.GetDirectoryName(target)!; at.Length >= Files.Root.Length; at = System.IO.Path.GetDirectoryName(at)!) Directory.CreateDirectory(at, PrivateFile.Folder);
        File.Copy(path, target);
    }

    public void Dispose() => folder.Dispose();
}
