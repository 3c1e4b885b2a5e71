using System.Globalization;
using System.Text.Json.Nodes;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Chart.Tests;

/// <summary>The pod of a rendered broker without a kubelet: its volumes are folders of a test, its Secret is made by the documented commands, its ports are those of an address of loopback that is its own.</summary>
internal sealed class MountedPod
{
    private readonly TempFolder folder;
    private readonly PodShape pod;

    private MountedPod(TempFolder folder, PodShape pod) => (this.folder, this.pod) = (folder, pod);

    /// <summary>An address of loopback that nobody else has: the pod's ports are free on it.</summary>
    public static string Address { get; } = string.Create(CultureInfo.InvariantCulture, $"127.77.{(Environment.ProcessId >> 8) & 255}.{Math.Clamp(Environment.ProcessId & 255, 1, 254)}");

    /// <summary>The nats-server that is here. Skips the calling test when there is none.</summary>
    public static string Nats => NatsServerProcess.Missing is { } missing ? throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS") : NatsServerProcess.Executables[0];

    // Always on 127.0.0.1; below those that connections take for themselves.
    private static int Monitor => 20_000 + (Environment.ProcessId % 10_000);

    /// <summary>Renders a case with the version of the nats-server that is here. Skips the calling test when there is none.</summary>
    public static async Task<MountedPod> MakeAsync(TempFolder folder, string name)
    {
        Rendering rendering = Rendering.With("scout", "1.32", "--values", Rendering.ValuesOf(name), "--set", $"broker.nats.image.tag={NatsVersion()},broker.service.hosts={{{Address}}}");
        var made = new MountedPod(folder, rendering.Pods().Single(static one => one.Component == "broker"));
        await made.KeysAsync();
        if (rendering.OfKind("ConfigMap").SingleOrDefault(static one => (string?)one["metadata"]!["name"] == "scout-broker-merge") is { } merge) folder.Write("merge/merge.json", (string)merge["data"]!["merge.json"]!);
        // The volume's root belongs to the kubelet.
        Directory.CreateDirectory(folder.File("volume"));
        return made;
    }

    public JsonObject Container(string name) => pod.Containers.Single(one => (string?)one["name"] == name);

    public IReadOnlyList<string> Arguments(string container) => [.. Container(container)["args"]!.AsArray().Select(one => Here((string)one!)), .. container == "config" ? (string[])["--monitor-port", Monitor.ToString(CultureInfo.InvariantCulture)] : []];

    /// <summary>What a text of the pod is here.</summary>
    public string Here(string text) => text
        .Replace("/var/lib/scout-broker", folder.File("volume"), StringComparison.Ordinal)
        .Replace("/etc/scout/broker", folder.File("keys"), StringComparison.Ordinal)
        .Replace("/etc/scout/merge", folder.File("merge"), StringComparison.Ordinal)
        .Replace("/etc/scout/tls", folder.File("tls"), StringComparison.Ordinal)
        .Replace("/etc/nats", folder.File("nats"), StringComparison.Ordinal)
        .Replace("0.0.0.0:", Address + ":", StringComparison.Ordinal)
        .Replace("$(POD_NAME)", "scout-broker-0", StringComparison.Ordinal);

    /// <summary>The two commands of the documentation, and the Secret as the kubelet mounts it: files behind a link that is swapped when it changes.</summary>
    private async Task KeysAsync()
    {
        string fleet = folder.File("fleet");
        string[] given = [.. Container("config")["args"]!.AsArray().Select(static one => (string)one!)];
        IEnumerable<string> hosts = given.Where((_, index) => index > 0 && given[index - 1] == "--host");
        CommandResult made = await ScoutExecutable.RunAsync(["broker", "init", fleet, "--nats-server", Nats, .. hosts.SelectMany(static host => (string[])["--host", host])]);
        Assert.True(made.ExitCode == 0, made.Stdout + made.Stderr);
        CommandResult printed = await ScoutExecutable.RunAsync(["broker", "secret", fleet, "--namespace", "monitoring"]);
        Assert.True(printed.ExitCode == 0, printed.Stderr);
        IReadOnlyList<JsonNode> secrets = YamlText.ReadAll(printed.Stdout);
        Assert.Equal(["scout-broker", "scout-servers"], secrets.Select(static one => (string?)one["metadata"]!["name"]));
        Assert.All(secrets, static one => Assert.Equal("monitoring", (string?)one["metadata"]!["namespace"]));
        string version = Directory.CreateDirectory(folder.File("keys/..2026_01_01")).FullName;
        foreach ((string key, JsonNode? value) in secrets[0]["data"]!.AsObject())
        {
            string file = Path.Combine(version, key);
            File.WriteAllBytes(file, Convert.FromBase64String((string)value!));
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
            File.CreateSymbolicLink(folder.File($"keys/{key}"), $"..data/{key}");
        }

        Directory.CreateSymbolicLink(folder.File("keys/..data"), "..2026_01_01");
        // A certificate of somebody else, as cert-manager names its files.
        Directory.CreateDirectory(folder.File("tls"));
        foreach ((string from, string to) in ((string, string)[])[("server.pem", "tls.crt"), ("server.key", "tls.key"), ("ca.pem", "ca.crt")]) File.Copy(Path.Combine(fleet, "tls", from), folder.File($"tls/{to}"));
    }

    private static string NatsVersion() => Programs.Run(Nats, ["--version"], TimeSpan.FromMinutes(1)).Output.Trim().Split('v')[^1];
}
