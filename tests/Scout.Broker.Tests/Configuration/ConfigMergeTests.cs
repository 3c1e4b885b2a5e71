using System.Text.Json.Nodes;
using Scout.Broker.Configuration;

namespace Scout.Broker.Tests.Configuration;

public sealed class ConfigMergeTests
{
    [Theory]
    [InlineData("{\"no_auth_user\":\"x\"}", "no_auth_user")]
    [InlineData("{\"LISTEN\":\"0.0.0.0:1\"}", "LISTEN")]
    [InlineData("{\"http\":\"0.0.0.0:8222\"}", "http")]
    [InlineData("{\"websocket\":{\"port\":1}}", "websocket")]
    [InlineData("{\"authorization\":{\"users\":[]}}", "authorization")]
    [InlineData("{\"accounts\":{}}", "accounts")]
    [InlineData("{\"tls\":{\"insecure\":true}}", "tls.insecure")]
    [InlineData("{\"Tls\":7}", "must be an object")]
    [InlineData("{\"jetstream\":false}", "must be an object")]
    [InlineData("{\"cluster\":{\"routes\":[]}}", "cluster.routes")]
    [InlineData("{\"x\\nallow_non_tls\":true}", "no setting")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{", "cannot be read")]
    public void What_decides_who_gets_in_is_not_up_for_it(string text, string says)
    {
        using var folder = new TempFolder();
        Assert.False(ConfigMerge.TryRead(folder.Write("merge.json", text), out _, out string? error));
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_are_joined_and_all_else_takes_the_place_of_what_was_there()
    {
        var config = (JsonObject)JsonNode.Parse("""{"max_payload":1,"jetstream":{"max_mem":2,"store_dir":"/d"}}""")!;
        ConfigMerge.Into(config, (JsonObject)JsonNode.Parse("""{"Max_Payload":7,"jetstream":{"sync_interval":"1m"},"debug":true}""")!);
        Assert.Equal("""{"max_payload":7,"jetstream":{"max_mem":2,"store_dir":"/d","sync_interval":"1m"},"debug":true}""", config.ToJsonString());
    }
}
