using System.Text.Json.Nodes;
using Scout.Protocol.Streams;

namespace Scout.Protocol.Tests.Streams;

public sealed class StreamConfigJsonTests
{
    [Fact]
    public void The_events_stream_is_as_specified()
    {
        JsonObject config = StreamConfigJson.Write(StreamCatalog.All[0], 2, 9);
        Assert.Equal("SCOUT_EVENTS", (string?)config["name"]);
        Assert.Equal("[\"scout.event.*.*.*\"]", config["subjects"]!.ToJsonString());
        Assert.Equal("604800000000000", config["max_age"]!.ToJsonString());
        Assert.Equal("10737418240", config["max_bytes"]!.ToJsonString());
        Assert.Equal("65536", config["max_msg_size"]!.ToJsonString());
        Assert.Equal("-1", config["max_msgs_per_subject"]!.ToJsonString());
        Assert.Equal("600000000000", config["duplicate_window"]!.ToJsonString());
        Assert.Equal("true", config["deny_delete"]!.ToJsonString());
        Assert.Equal("true", config["deny_purge"]!.ToJsonString());
        Assert.Equal("false", config["allow_rollup_hdrs"]!.ToJsonString());
    }

    [Fact]
    public void The_state_stream_has_a_source_and_no_subjects()
    {
        JsonObject config = StreamConfigJson.Write(StreamCatalog.All[1], 2, 9);
        Assert.False(config.ContainsKey("subjects"));
        Assert.Equal("[{\"name\":\"SCOUT_EVENTS\",\"filter_subject\":\"scout.event.*.*.state\"}]", config["sources"]!.ToJsonString());
        Assert.Equal("1", config["max_msgs_per_subject"]!.ToJsonString());
    }

    [Fact]
    public void The_roster_never_rolls_up_and_is_republished()
    {
        JsonObject config = StreamConfigJson.Write(StreamCatalog.All[3], 2, 9);
        Assert.Equal("{\"src\":\"$KV.SCOUT_NODES.\\u003E\",\"dest\":\"scout.roster.\\u003E\"}", config["republish"]!.ToJsonString());
        Assert.Equal("new", (string?)config["discard"]);
    }

    [Fact]
    public void Faults_are_kept_for_a_season_and_the_mesh_has_one_document_a_key()
    {
        JsonObject faults = StreamConfigJson.Write(StreamCatalog.All.Single(stream => stream.Name == StreamCatalog.Faults), 2, 9);
        Assert.Equal("[\"scout.mesh.fault.*\"]", faults["subjects"]!.ToJsonString());
        Assert.Equal("16", faults["max_msgs_per_subject"]!.ToJsonString());
        Assert.Equal("7776000000000000", faults["max_age"]!.ToJsonString());
        JsonObject mesh = StreamConfigJson.Write(StreamCatalog.All.Single(stream => stream.Name == StreamCatalog.Mesh), 2, 9);
        Assert.Equal("KV_SCOUT_MESH", (string?)mesh["name"]);
        Assert.Equal("1", mesh["max_msgs_per_subject"]!.ToJsonString());
        Assert.Equal("new", (string?)mesh["discard"]);
    }

    [Theory]
    [InlineData(2, 9, false)]
    [InlineData(2, 10, true)]
    [InlineData(2, 15, true)]
    [InlineData(3, 0, true)]
    public void Compression_is_asked_only_of_servers_that_know_it(int major, int minor, bool asked) =>
        Assert.All(StreamCatalog.All, stream => Assert.Equal(asked, StreamConfigJson.Write(stream, major, minor).ContainsKey("compression")));

    [Fact]
    public void Every_stream_has_a_bound_in_bytes_and_refuses_rollup() => Assert.All(StreamCatalog.All, stream =>
    {
        Assert.True(stream.MaxBytes > 0);
        Assert.True(stream.DenyDelete);
    });

    [Fact]
    public void What_comes_back_as_asked_is_no_difference_whatever_else_is_in_it()
    {
        JsonObject wanted = StreamConfigJson.Write(StreamCatalog.All[1], 2, 9);
        JsonObject got = JsonNode.Parse(wanted.ToJsonString())!.AsObject();
        got["mirror_direct"] = false;
        got["sources"]![0]!["opt_start_seq"] = 0;
        got.Remove("deny_purge");
        got.Remove("allow_rollup_hdrs");
        Assert.Empty(StreamConfigJson.Compare(wanted, got));
    }

    [Fact]
    public void A_field_that_the_server_ignored_is_named_with_wish_and_answer()
    {
        JsonObject wanted = StreamConfigJson.Write(StreamCatalog.All[1], 2, 10);
        JsonObject got = JsonNode.Parse(wanted.ToJsonString())!.AsObject();
        got.Remove("compression");
        got["sources"]![0]!.AsObject().Remove("filter_subject");
        got["max_age"] = 1;
        Assert.Equal(
            [
                new StreamDifference("max_age", "2592000000000000", "1"),
                new StreamDifference("sources[0].filter_subject", "\"scout.event.*.*.state\"", "-"),
                new StreamDifference("compression", "\"s2\"", "-"),
            ],
            StreamConfigJson.Compare(wanted, got));
    }

    [Fact]
    public void A_list_of_another_length_is_one_difference()
    {
        JsonObject wanted = StreamConfigJson.Write(StreamCatalog.All[0], 2, 9);
        JsonObject got = JsonNode.Parse(wanted.ToJsonString())!.AsObject();
        got["subjects"]!.AsArray().Add((JsonNode)"more.>");
        Assert.Equal("subjects", Assert.Single(StreamConfigJson.Compare(wanted, got)).Field);
    }

    [Fact]
    public void An_update_keeps_what_others_set_and_what_no_update_can_change()
    {
        JsonObject wanted = StreamConfigJson.Write(StreamCatalog.All[0], 2, 9);
        var got = new JsonObject { ["name"] = "SCOUT_EVENTS", ["storage"] = "memory", ["retention"] = "limits", ["max_age"] = 1, ["placement"] = new JsonObject { ["cluster"] = "c" } };
        JsonObject merged = StreamConfigJson.Merge(wanted, got);
        Assert.Equal("memory", (string?)merged["storage"]);
        Assert.Equal("c", (string?)merged["placement"]!["cluster"]);
        Assert.Equal("604800000000000", merged["max_age"]!.ToJsonString());
        Assert.Equal(["storage"], StreamConfigJson.Compare(wanted, merged).Select(one => one.Field));
    }
}
