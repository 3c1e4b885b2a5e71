using System.Text.Json;
using Scout.Nats;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;
using Scout.Server.Tests.Store;

namespace Scout.Server.Tests.Security.Attacks;

/// <summary>Row 22 of security.md 15 on whole nodes that are asked by signed requests: a policy file that cannot be believed, a disk that takes no audit row.</summary>
[Collection("node")]
[Trait("attack", "22")]
public sealed class RefusalTests
{
    private const string Full = "No space left on device";

    [Fact]
    public async Task A_policy_file_that_turns_bad_leaves_the_last_good_one_in_force_and_one_that_was_never_good_leaves_ping()
    {
        await using var fleet = new ProvenFleet();
        await fleet.InitializeAsync();
        fleet.Need();
        Person anna = fleet.Person("anna", ScoutRole.Operator);
        foreach (string how in (string[])["broken", "writable by others", "a link", "gone"])
        {
            Spoil(fleet, how);
            fleet.Node.Hangup();
            await Wait.UntilAsync(async () => (await PolicyErrorAsync(fleet)).Contains("the last good policy stays", StringComparison.Ordinal), () => $"{how}: {fleet.Node.Log}");
            // What it denied it denies, what it allowed it allows.
            Assert.Equal(RpcCode.Denied, (await AskAsync(fleet, anna, "maintenance", """{"machines":["pay_api"],"open_ended":true}""")).Code);
            Assert.Equal(RpcCode.Ok, (await AskAsync(fleet, anna, "facts", "{}")).Code);
            Assert.Equal("OK", await fleet.Node.StateAsync("pay_api"));
            Mend(fleet);
            fleet.Node.Hangup();
            await Wait.UntilAsync(async () => (await PolicyErrorAsync(fleet)).Length == 0, () => $"{how}: {fleet.Node.Log}");
        }

        // The same at a start: nothing but ping.
        foreach (string how in (string[])["broken", "writable by others", "a link"])
        {
            await fleet.Node.StopAsync();
            Spoil(fleet, how);
            await fleet.Node.StartAsync();
            await Wait.UntilAsync(async () => await HearsAsync(fleet, anna), () => fleet.Node.Log);
            Assert.Contains("only ping is answered", await PolicyErrorAsync(fleet), StringComparison.Ordinal);
            foreach (string action in (string[])["facts", "machines"]) Assert.Equal(RpcCode.Denied, (await AskAsync(fleet, anna, action, "{}")).Code);
            Assert.Equal(RpcCode.Denied, (await AskAsync(fleet, anna, "maintenance", """{"machines":["disk"],"open_ended":true}""")).Code);
            Mend(fleet);
            fleet.Node.Hangup();
            await Wait.UntilAsync(async () => await fleet.Node.StateAsync("disk") == "OK", () => fleet.Node.Log);
        }
    }

    [Fact]
    public async Task While_no_audit_row_can_be_written_effects_are_refused_reads_are_served_and_the_node_says_so()
    {
        var disk = new FaultFiles();
        await using var fleet = new ProvenFleet();
        fleet.Node.StoreFiles = disk;
        string ran = fleet.Node.Folder.File("ran");
        fleet.MoreChecks = $"  - {{ name: counted, plugin: {fleet.Node.Plugin("counted", $"echo ran >>{ran}; exit 0")}, interval: 1h, splay: 0 }}\n";
        await fleet.InitializeAsync();
        fleet.Need();
        await fleet.Node.ReachesAsync("counted", "OK");
        Person anna = fleet.Person("anna", ScoutRole.Operator);
        int runs = (await File.ReadAllLinesAsync(ran)).Length;

        disk.Fault = static (step, _) => step is Step.Write or Step.Create ? new IOException(Full) : null;
        // The one that finds out is told so and does nothing, either; its row waits in memory, and stands in the file.
        RpcReply first = await AskAsync(fleet, anna, "maintenance", """{"machines":["swap"],"open_ended":true,"reason":"finds out"}""");
        Assert.True(first.Code == RpcCode.Internal, $"{first.Code} {first.Message}");
        Assert.Equal($"the node store cannot write, so nothing was changed: {Full}", first.Message);
        Assert.NotEqual("MAINTENANCE", await fleet.Node.StateAsync("swap"));
        await Wait.UntilAsync(() => File.ReadAllText(Path.Combine(fleet.Node.DataFolder, "audit.jsonl")).Contains("finds out", StringComparison.Ordinal), () => fleet.Node.Log);
        (string Action, string Args)[] effects =
        [
            ("check", """{"machines":["counted"]}"""), ("maintenance", """{"machines":["disk"],"open_ended":true}"""), ("transition", """{"machine":"disk","transition":"CRITICAL"}"""),
            ("resume", """{"machines":["disk"]}"""), ("acknowledge", """{"machines":["disk"]}"""),
        ];
        foreach ((string action, string args) in effects)
        {
            RpcReply reply = await AskAsync(fleet, anna, action, args);
            Assert.True(reply.Code == RpcCode.Internal && reply.Message!.Contains("so nothing was changed", StringComparison.Ordinal), $"{action}: {reply.Code} {reply.Message}");
        }

        foreach (string action in (string[])["ping", "machines", "facts", "mesh"]) Assert.NotEqual(RpcCode.Internal, (await AskAsync(fleet, anna, action, "{}")).Code);
        Assert.Equal(RpcCode.Ok, (await AskAsync(fleet, anna, "machine", """{"machine":"disk"}""")).Code);
        Assert.Equal("OK", await fleet.Node.StateAsync("disk"));
        Assert.Equal(Full, (await fleet.Node.AskAsync("ping")).GetProperty("results")[0].GetProperty("degraded_reason").GetString());
        Assert.Equal(runs, (await File.ReadAllLinesAsync(ran)).Length);

        disk.Fault = null;
        await Wait.UntilAsync(async () => (await AskAsync(fleet, anna, "check", """{"machines":["counted"]}""")).Code is RpcCode.Ok or RpcCode.Pending, () => fleet.Node.Log);
        await Wait.UntilAsync(async () => (await fleet.Node.AskAsync("history", """{"kinds":["audit"],"limit":1000}""")).GetRawText().Contains("\"decision\":\"allowed\"", StringComparison.Ordinal), () => fleet.Node.Log);
    }

    private static void Spoil(ProvenFleet fleet, string how)
    {
        string path = fleet.PolicyFile;
        switch (how)
        {
            case "broken":
                fleet.WritePolicy("rules: [ { allow: [pong] } ]");
                break;
            case "writable by others":
                fleet.WritePolicy("rules: [ { allow: [ping, facts, maintenance] } ]");
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
                break;
            case "a link":
                File.Delete(path);
                string other = fleet.Node.Folder.Write("theirs.yaml", "rules: [ { allow: [ping, facts, maintenance] } ]");
                File.SetUnixFileMode(other, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                File.CreateSymbolicLink(path, other);
                break;
            default:
                File.Delete(path);
                break;
        }
    }

    private static void Mend(ProvenFleet fleet)
    {
        File.Delete(fleet.PolicyFile);
        fleet.WritePolicy(null);
    }

    private static async Task<string> PolicyErrorAsync(ProvenFleet fleet)
    {
        JsonElement ping = (await fleet.Node.AskAsync("ping")).GetProperty("results")[0];
        string text = ping.GetRawText();
        return text.Contains("policy.yaml", StringComparison.Ordinal) ? text : "";
    }

    private static async Task<bool> HearsAsync(ProvenFleet fleet, Person person)
    {
        try
        {
            return (await AskAsync(fleet, person, "ping", "{}")).Code == RpcCode.Ok;
        }
        catch (NatsNoRespondersException)
        {
            return false;
        }
    }

    // Fifty a second are looked at; what came too soon is asked again, signed anew.
    private static async Task<RpcReply> AskAsync(ProvenFleet fleet, Person person, string action, string args)
    {
        RpcReply? reply = null;
        await Wait.UntilAsync(async () => (reply = await person.Ask($"scout.rpc.node.{fleet.Node.Name}.{action}", args).AskAsync(fleet.Nats)).Code != RpcCode.Busy, () => fleet.Node.Log);
        return reply!;
    }
}
