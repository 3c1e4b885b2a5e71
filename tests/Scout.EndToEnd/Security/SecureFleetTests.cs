using System.Text;
using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd.Security;

/// <summary>A fleet as the quick start makes it: broker, two tokens, two nodes, people with roles. One fleet for the class.</summary>
[Trait("attack", "25")]
[Trait("attack", "30")]
[Trait("attack", "36")]
public sealed class SecureFleetTests(SecureFleet fleet) : IClassFixture<SecureFleet>
{
    [Fact]
    public async Task Nodes_come_in_by_their_tokens_which_are_gone_and_cannot_be_used_again()
    {
        CommandResult nodes = await SecureBroker.AsAsync(fleet.Viewer, "nodes", "-o", "json");
        // 5: one that another test has revoked is still known, and does not answer.
        Assert.True(nodes.ExitCode is 0 or 5, nodes.ToString());
        Assert.Equal(["db1", "web1"], nodes.Json().EnumerateArray().Select(row => row.GetProperty("node").GetString()).Where(name => name != "gone1").Order());
        Assert.All(nodes.Json().EnumerateArray(), row => Assert.Equal("secure", row.GetProperty("mode").GetString()));
        Assert.All(fleet.Tokens.Keys, file => Assert.False(File.Exists(file)));

        string copy = fleet.Folder.Write("stolen.token", fleet.Tokens.Values.First());
        File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using ScoutNode thief = ScoutNode.Create(fleet.Folder, "thief", broker: null, $"enroll_token: {copy}\n");
        thief.Define("it.yaml", "checks:\n  - { name: it, plugin: /bin/true, splay: 0 }\n");
        await thief.StartAsync();
        // Its machines run all the same; the fleet does not see it.
        await thief.ReachesAsync("it", "OK");
        await thief.Process.PrintedAsync("the provisioner refuses", TimeSpan.FromSeconds(30));
        Assert.DoesNotContain("thief", (await SecureBroker.AsAsync(fleet.Viewer, "nodes", "-o", "name")).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_viewer_is_denied_an_operator_is_not_and_the_audit_knows_both()
    {
        CommandResult denied = await SecureBroker.AsAsync(fleet.Viewer, "maintenance", "start", "db1/it", "--for", "1h", "--reason", "by bob");
        Assert.True(denied.ExitCode == 3, denied.ToString());
        Assert.Equal("OK", await fleet.StateAsync("db1/it"));
        CommandResult allowed = await SecureBroker.AsAsync(fleet.Operator, "maintenance", "start", "web1/it", "--for", "1h", "--reason", "by alice");
        Assert.True(allowed.ExitCode == 0, allowed.ToString());
        Assert.Equal("MAINTENANCE", await fleet.StateAsync("web1/it"));
        CommandResult back = await SecureBroker.AsAsync(fleet.Operator, "resume", "web1/it");
        Assert.True(back.ExitCode == 0, back.ToString());
        await Until.TrueAsync("the audit of alice", async () =>
        {
            CommandResult audit = await SecureBroker.AsAsync(fleet.Operator, "audit", "-o", "jsonl");
            return audit.ExitCode == 0 && audit.Stdout.Contains("alice", StringComparison.Ordinal) && audit.Stdout.Contains("maintenance", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Without_credentials_and_over_plain_tcp_nobody_gets_in()
    {
        CommandResult bare = await ScoutExecutable.RunAsync(["nodes", "--broker", fleet.Broker.Url]);
        Assert.True(bare.ExitCode is 2 or 3, bare.ToString());
        CommandResult plain = await ScoutExecutable.RunAsync(["nodes", "--broker", fleet.Broker.Url.Replace("tls://", "nats://", StringComparison.Ordinal)]);
        Assert.True(plain.ExitCode is 2 or 3, plain.ToString());
        string stranger = fleet.Folder.File("stranger.creds");
        using var other = new TempFolder();
        CommandResult init = await ScoutExecutable.RunAsync(["broker", "init", other.File("b"), "--host", "127.0.0.1", "--listen", $"127.0.0.1:{fleet.Broker.Port}"]);
        Assert.Equal(0, init.ExitCode);
        File.Copy(other.File("b/creds/admin.creds"), stranger, overwrite: true);
        CommandResult foreign = await SecureBroker.AsAsync(stranger, "nodes");
        Assert.True(foreign.ExitCode == 3, foreign.ToString());
        CommandResult forged = await ScoutExecutable.RunAsync(["nodes", "--creds", stranger, "--ca", Path.Combine(fleet.Broker.Data, "tls/ca.pem")]);
        Assert.True(forged.ExitCode == 3, forged.ToString());
    }

    [Fact]
    public async Task Revoking_cuts_a_person_and_a_node_at_once_and_leaves_the_others()
    {
        string carol = await fleet.Broker.PersonAsync("operator", "carol");
        Assert.Equal(0, (await SecureBroker.AsAsync(carol, "status")).ExitCode);
        CommandResult revoked = await ScoutExecutable.RunAsync(["caller", "revoke", "carol", "--data", fleet.Broker.Data]);
        Assert.True(revoked.ExitCode == 0, revoked.ToString());
        await Until.TrueAsync("carol is refused", async () => (await SecureBroker.AsAsync(carol, "status")).ExitCode == 3);
        Assert.Equal(0, (await SecureBroker.AsAsync(fleet.Operator, "status")).ExitCode);

        string token = await fleet.Broker.TokenAsync("gone1");
        await using ScoutNode gone = ScoutNode.Create(fleet.Folder, "gone1", broker: null, $"enroll_token: {token}\n");
        gone.Define("it.yaml", "checks:\n  - { name: it, plugin: /bin/true, splay: 0 }\n");
        await gone.StartAsync();
        await fleet.InRosterAsync("gone1");
        CommandResult out1 = await ScoutExecutable.RunAsync(["node", "revoke", "gone1", "--data", fleet.Broker.Data]);
        Assert.True(out1.ExitCode == 0, out1.ToString());
        await Until.TrueAsync("gone1 does not answer any more", async () =>
        {
            CommandResult nodes = await SecureBroker.AsAsync(fleet.Viewer, "nodes", "--timeout", "1s", "-o", "json");
            return !nodes.Json().EnumerateArray().Any(row => row.GetProperty("node").GetString() == "gone1" && row.GetProperty("answer").GetString() == "answered");
        });
        // Its machines go on.
        await gone.ReachesAsync("it", "OK");
        Assert.Equal("OK", await fleet.StateAsync("db1/it"));
    }

    [Fact]
    public async Task A_crash_leaves_no_core_file_of_node_broker_or_server()
    {
        // As a shell that wants core files would start them.
        using var folder = new TempFolder();
        string node = folder.File("crash");
        Directory.CreateDirectory(Path.Combine(node, "machines"));
        await using ChildProcess process = ChildProcess.Start(
            "/bin/sh",
            ["-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" \"$@\"", ScoutExecutable.Path, "server", "run", "--node", "crash", "--machines", Path.Combine(node, "machines"), "--data", Path.Combine(node, "data"), "--http", "off"],
            directory: node);
        await process.PrintedAsync("ready: ", TimeSpan.FromSeconds(30));
        foreach (int pid in (int[])[process.Id, .. fleet.Processes.Select(one => one.Id), fleet.ServerPid])
        {
            string limits = await File.ReadAllTextAsync($"/proc/{pid}/limits");
            Assert.Matches(@"Max core file size +0 ", limits);
        }

        // SIGXCPU ends a process with a core file, and the runtime leaves it alone.
        process.Signal(24);
        await process.ExitAsync();
        Assert.DoesNotContain(Directory.EnumerateFiles(node, "*", SearchOption.AllDirectories), file => Path.GetFileName(file).StartsWith("core", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_seed_token_or_signature_is_in_any_log_event_argument_or_environment()
    {
        _ = await SecureBroker.AsAsync(fleet.Operator, "check", "db1/it");
        var seen = new StringBuilder();
        foreach (ChildProcess process in fleet.Processes)
        {
            seen.AppendLine(process.Output).AppendLine(await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline")).AppendLine(await File.ReadAllTextAsync($"/proc/{process.Id}/environ"));
        }

        CommandResult events = await SecureBroker.AsAsync(fleet.Operator, "events", "--since", "1h", "-o", "jsonl");
        Assert.Equal(0, events.ExitCode);
        CommandResult audit = await SecureBroker.AsAsync(fleet.Operator, "audit", "-o", "jsonl");
        seen.Append(events.Stdout).Append(audit.Stdout);
        foreach (ScoutNode node in fleet.Nodes)
        {
            seen.Append(await File.ReadAllTextAsync(Path.Combine(fleet.Folder.Path, $"{node.Name}.environ")));
            foreach (string file in Directory.EnumerateFiles(node.Data, "*", SearchOption.AllDirectories).Where(file => !file.Contains("/identity/", StringComparison.Ordinal) && Path.GetExtension(file) != ".sock" && !file.EndsWith("lock", StringComparison.Ordinal)))
                seen.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        }

        foreach (string file in Directory.EnumerateFiles(Path.Combine(fleet.Broker.Data, "jetstream"), "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("lock", StringComparison.Ordinal))) seen.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        string all = seen.ToString();
        string[] secrets = [.. fleet.Secrets().Distinct()];
        // Keys of operator, accounts, roles and trust, logins of the services, of alice and bob, of two nodes, two tokens.
        Assert.True(secrets.Length >= 25, $"only {secrets.Length} secrets were found to look for");
        Assert.Contains("alice", all, StringComparison.Ordinal);
        foreach (string secret in secrets) Assert.False(all.Contains(secret, StringComparison.Ordinal), $"{secret[..4]}... is in: {all[Math.Max(0, all.IndexOf(secret, StringComparison.Ordinal) - 200)..][..200]}");
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(fleet.Broker.Data, "jetstream"), "*", SearchOption.AllDirectories));
        Assert.All(Directory.EnumerateFiles(fleet.Folder.Path, "core*", SearchOption.AllDirectories), core => Assert.Fail($"a core file: {core}"));
    }
}

/// <summary>The fleet of <see cref="SecureFleetTests"/>.</summary>
public sealed class SecureFleet : IAsyncLifetime
{
    public TempFolder Folder { get; } = new();

    public SecureBroker Broker { get; private set; } = null!;

    public IReadOnlyList<ScoutNode> Nodes { get; private set; } = [];

    public string Viewer { get; private set; } = "";

    public string Operator { get; private set; } = "";

    /// <summary>Path and content of what the nodes came in with.</summary>
    public Dictionary<string, string> Tokens { get; } = [];

    /// <summary>Of nats-server.</summary>
    public int ServerPid => int.Parse(File.ReadAllText(Path.Combine(Broker.Data, "run", "nats.pid")), System.Globalization.CultureInfo.InvariantCulture);

    public IEnumerable<ChildProcess> Processes => [Broker.Process, .. Nodes.Select(node => node.Process)];

    public async ValueTask InitializeAsync()
    {
        Broker = await SecureBroker.StartAsync(Folder);
        Viewer = await Broker.PersonAsync("viewer", "bob");
        Operator = await Broker.PersonAsync("operator", "alice");
        var nodes = new List<ScoutNode>();
        foreach (string name in (string[])["web1", "db1"])
        {
            string token = await Broker.TokenAsync(name, "--group", name[..^1]);
            Tokens.Add(token, (await File.ReadAllTextAsync(token)).Trim());
            var node = ScoutNode.Create(Folder, name, broker: null, $"enroll_token: {token}\n");
            node.Define("it.yaml", $"checks:\n  - {{ name: it, plugin: [/bin/sh, -c, 'cat /proc/self/environ >{Folder.File($"{name}.environ")}; echo fine'], interval: 1h, splay: 0 }}\n");
            nodes.Add(node);
            await node.StartAsync();
        }

        Nodes = nodes;
        await InRosterAsync("web1");
        await InRosterAsync("db1");
        foreach (string machine in (string[])["web1/it", "db1/it"]) await Until.TrueAsync($"{machine} is OK", async () => await StateAsync(machine) == "OK");
    }

    public Task InRosterAsync(string node)
    {
        CommandResult? last = null;
        return Until.TrueAsync(
            $"{node} in the roster",
            async () =>
            {
                last = await SecureBroker.AsAsync(Viewer, "nodes", "-o", "json");
                return last.ExitCode is 0 or 5 && last.Json().EnumerateArray().Any(row => row.GetProperty("node").GetString() == node && row.GetProperty("answer").GetString() == "answered");
            },
            TimeSpan.FromSeconds(40),
            () => $"{last}\n{string.Join('\n', Nodes.Select(one => one.Process.Output))}\n{Broker.Process.Output}");
    }

    public async Task<string?> StateAsync(string machine)
    {
        CommandResult status = await SecureBroker.AsAsync(Viewer, "status", machine, "-o", "json");
        return status.ExitCode == 0 ? status.Json().EnumerateArray().Select(row => row.GetProperty("state").GetString()).FirstOrDefault() : null;
    }

    /// <summary>Every seed, and every token with the part in it that matters.</summary>
    public IEnumerable<string> Secrets()
    {
        foreach (string token in Tokens.Values) yield return token;
        var files = Directory.EnumerateFiles(Broker.Data, "*", SearchOption.AllDirectories).Where(file => file.EndsWith(".nk", StringComparison.Ordinal) || file.EndsWith(".creds", StringComparison.Ordinal))
            .Concat(Directory.EnumerateFiles(Folder.Path, "*.creds")).Concat(Nodes.SelectMany(node => Directory.EnumerateFiles(Path.Combine(node.Data, "identity"))));
        foreach (string file in files)
        {
            foreach (string line in File.ReadLines(file))
            {
                // An NKey seed: S, the kind, base32.
                if (line.Length == 58 && line[0] == 'S' && line.All(letter => letter is (>= 'A' and <= 'Z') or (>= '2' and <= '7'))) yield return line;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ScoutNode node in Nodes) await node.DisposeAsync();
        if (Broker is not null) await Broker.DisposeAsync();
        Folder.Dispose();
    }
}
