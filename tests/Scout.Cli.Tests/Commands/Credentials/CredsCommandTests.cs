using System.Text.Json;
using Scout.Cli.Tests.Terminal;
using Scout.Nats;
using Scout.Protocol.Security.Trust;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands.Credentials;

public sealed class CredsCommandTests
{
    [Fact]
    public async Task Credentials_for_somebody_with_a_key_of_his_own_in_four_commands()
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        using var folder = new TempFolder();
        Assert.Equal(0, (await RunAsync(folder, "broker", "init", "broker", "--host", "localhost")).Code);
        (int code, string key, string errors) = await RunAsync(folder, "creds", "key", "--out", "bob.nk");
        Assert.True(code == 0, errors);
        (code, string output, errors) = await RunAsync(folder, "creds", "new", "--role", "viewer", "--name", "bob", "--ttl", "8h", "--key", key.Trim(), "--data", "broker", "-o", "json");
        Assert.True(code == 0, errors);
        Assert.False(JsonDocument.Parse(output).RootElement[0].GetProperty("seed").GetBoolean());
        Assert.Contains("scout creds join bob.creds", errors, StringComparison.Ordinal);
        (code, output, errors) = await RunAsync(folder, "creds", "join", "bob.creds", "bob.nk");
        Assert.True(code == 0, errors);
        Assert.Contains(Path.Combine(folder.Path, ".config", "scout", "scout.creds"), output, StringComparison.Ordinal);
        (code, output, errors) = await RunAsync(folder, "creds", "show", ".config/scout/scout.creds", "-o", "wide");
        Assert.True(code == 0, errors);
        Assert.Contains("tls://localhost:4222", output, StringComparison.Ordinal);
        Assert.Contains("inside", output, StringComparison.Ordinal);
        Assert.Contains("viewer", output, StringComparison.Ordinal);
        Assert.DoesNotContain("SU", output.Replace(key.Trim(), "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("new --role viewer", "--name is missing")]
    [InlineData("new --name bob", "--role is missing")]
    [InlineData("new --role viewer --name ../bob", "is not a name")]
    [InlineData("new --role node --name web1 --group *", "is not a group name")]
    [InlineData("new --role enroll --name web1", "not one of its values")]
    [InlineData("new --role viewer --name bob --ttl 2", "is not a duration")]
    public async Task Bad_calls_are_exit_2(string call, string why)
    {
        using var folder = new TempFolder();
        (int code, _, string errors) = await RunAsync(folder, ["creds", .. call.Split(' ')]);
        Assert.Equal(2, code);
        Assert.Contains(why, errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public async Task Without_a_broker_directory_it_says_how_to_make_one()
    {
        using var folder = new TempFolder();
        (int code, _, string errors) = await RunAsync(folder, "creds", "new", "--role", "viewer", "--name", "bob", "--data", "broker");
        Assert.Equal(3, code);
        Assert.Contains("hint: ", errors, StringComparison.Ordinal);
        Assert.Contains("broker init", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roles_are_told_as_table_as_json_and_as_commands_for_nsc()
    {
        using var folder = new TempFolder();
        (_, string table, _) = await RunAsync(folder, "broker", "roles", "--role", "node");
        Assert.Contains("scout.event.{{name()}}.*.state", table, StringComparison.Ordinal);
        (_, string json, _) = await RunAsync(folder, "broker", "roles", "--format", "json");
        JsonElement roles = JsonDocument.Parse(json).RootElement;
        Assert.Equal(11, roles.GetArrayLength());
        Assert.Equal(64, roles[0].GetProperty("subscriptions").GetInt32());
        (_, string nsc, _) = await RunAsync(folder, "broker", "roles", "--format", "nsc", "--role", "node", "--account", "MONITORING");
        Assert.StartsWith("nsc edit signing-key --account MONITORING --sk generate --role node --allow-pub 'scout.event.{{name()}}.*.transition,", nsc, StringComparison.Ordinal);
        Assert.EndsWith(" --subs 64 --payload 131072\n", nsc, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_are_told_as_table_and_as_a_configuration_for_the_owner()
    {
        using var folder = new TempFolder();
        (_, string table, _) = await RunAsync(folder, "broker", "streams");
        Assert.Contains("KV_SCOUT_NODES", table, StringComparison.Ordinal);
        (_, string all, _) = await RunAsync(folder, "broker", "streams", "--format", "json", "--server-version", "2.9");
        Assert.Equal(6, JsonDocument.Parse(all).RootElement.GetArrayLength());
        Assert.DoesNotContain("compression", all, StringComparison.Ordinal);
        (_, string one, _) = await RunAsync(folder, "broker", "streams", "--format", "json", "--stream", "SCOUT_EVENTS", "--replicas", "3");
        JsonElement stream = JsonDocument.Parse(one).RootElement;
        Assert.Equal(("SCOUT_EVENTS", 3, "s2"), (stream.GetProperty("name").GetString(), stream.GetProperty("num_replicas").GetInt32(), stream.GetProperty("compression").GetString()));
        Assert.Equal(2, (await RunAsync(folder, "broker", "streams", "--replicas", "2")).Code);
    }

    [Fact]
    public async Task Trust_at_a_broker_that_is_not_ours_is_made_of_public_keys_with_a_serial_that_grows()
    {
        using var folder = new TempFolder();
        using NKeyPair fleet = NKeyPair.Create(NKeyType.Account);
        using NKeyPair viewer = NKeyPair.Create(NKeyType.Account);
        for (int serial = 1; serial <= 2; serial++)
        {
            (int code, string output, string errors) = await RunAsync(folder, "broker", "trust", "--fleet", fleet.PublicKey, "--role", "viewer=" + viewer.PublicKey);
            Assert.True(code == 0, errors);
            Assert.StartsWith($"serial {serial}, 1 roles, signed by N", output, StringComparison.Ordinal);
        }

        Assert.True(TrustDocument.TryRead(File.ReadAllBytes(folder.File("trust.json")), out TrustDocument? made, out string? wrong), wrong);
        Assert.Null(made.WhyRefused(made.Key, null, NKeys.Verify));
        Assert.Equal("viewer", made.RoleOf(viewer.PublicKey));
        Assert.Equal(2, (await RunAsync(folder, "broker", "trust", "--fleet", fleet.PublicKey, "--role", "viewer=nonsense")).Code);
        Assert.Equal(2, (await RunAsync(folder, "broker", "trust", "--fleet", fleet.PublicKey, "--role", "boss=" + viewer.PublicKey)).Code);
        Assert.Equal(3, (await RunAsync(folder, "broker", "trust", "--fleet", fleet.PublicKey, "--role", "viewer=" + viewer.PublicKey, "--key", "other.nk")).Code);
    }

    [Theory]
    [InlineData(2, "no credentials to try", "doctor")]
    [InlineData(2, "no credentials to try", "doctor", "--broker", "--role", "viewer")]
    [InlineData(3, "none.creds", "doctor", "--creds", "none.creds")]
    [InlineData(3, "none.creds", "doctor", "--broker", "--role", "viewer", "--creds", "none.creds")]
    public async Task The_doctor_says_what_it_lacks(int exit, string why, params string[] call)
    {
        using var folder = new TempFolder();
        (int code, _, string errors) = await RunAsync(folder, call);
        Assert.Equal(exit, code);
        Assert.Contains(why, errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(TempFolder folder, params string[] words)
    {
        using var console = new FakeConsole { Directory = folder.Path };
        console.Environment["HOME"] = folder.Path;
        int code = await console.RunAsync(words);
        return (code, console.Output, console.Errors);
    }
}
