using System.Text;
using System.Text.Json.Nodes;
using Scout.Protocol.Mesh;

namespace Scout.Protocol.Tests.Mesh;

public sealed class TelemetryTests
{
    [Fact]
    public void A_loss_message_is_read_as_it_was_written()
    {
        byte[] bytes = Loss().ToBytes();
        Assert.Equal(
            """{"v":1,"node":"n7","inc":1795221600,"seq":17,"t":1795221651261,"leaving":true,"suspect_self":true,"losses":[["n3",4294967295,15,"u","r",512],["n9",1,0,"f","z",0]],"directions":[["n3",4294967295,"r"]],"late":[["n3",7,612]],"stalls":[[1200,300]],"traces":[["n3","lost after hop 1"]],"more":3}""",
            Encoding.UTF8.GetString(bytes));
        Assert.True(MeshLossMessage.TryRead("n7", bytes, out MeshLossMessage? read, out string? error), error);
        Assert.Equal(bytes, read.ToBytes());
        Assert.Equal(new MeshLoss("n3", uint.MaxValue, 15, MeshDirection.Unknown, MeshProbeKind.Ring, 512), read.Losses[0]);
    }

    [Fact]
    public void An_empty_loss_message_says_that_the_node_is_alive()
    {
        var alive = new MeshLossMessage { Node = "n7", Incarnation = 1_795_221_600, Number = 1, Clock = 1_795_221_651_261 };
        Assert.Equal("""{"v":1,"node":"n7","inc":1795221600,"seq":1,"t":1795221651261}""", Encoding.UTF8.GetString(alive.ToBytes()));
        Assert.True(MeshLossMessage.TryRead("n7", alive.ToBytes(), out MeshLossMessage? read, out _));
        Assert.Empty(read.Losses);
    }

    [Fact]
    public void A_report_is_read_as_it_was_written()
    {
        byte[] bytes = Report().ToBytes();
        Assert.True(MeshReport.TryRead("n7", bytes, out MeshReport? read, out string? error), error);
        Assert.Equal(bytes, read.ToBytes());
        Assert.Equal(0.5, read.Rows[0].Udp.Loss);
        Assert.Equal(212, read.Rows[0].RttMicros);
        Assert.Equal((500, 0), (read.IntervalMs, read.Witnesses));
        Assert.Null(read.Rows[1].RttMicros);
        Assert.Equal(MeshBuckets.Length, read.Zones[0].Histogram.Length);
    }

    [Fact]
    public void What_does_not_fit_is_counted_and_the_message_stays_readable()
    {
        MeshLossMessage loss = Loss() with { Losses = [.. Enumerable.Range(0, 3000).Select(i => new MeshLoss(new string('a', 40), (uint)i, 1, MeshDirection.Unknown, MeshProbeKind.Full, 1))] };
        Assert.True(MeshLossMessage.TryRead("n7", loss.ToBytes(), out MeshLossMessage? read, out string? error), error);
        Assert.Equal(MeshLossMessage.MaxRows, read.Losses.Length);
        Assert.Equal(3 + 3000 - MeshLossMessage.MaxRows, read.More);
        MeshReport report = Report() with { Rows = [.. Enumerable.Range(0, 5000).Select(i => Report().Rows[0] with { Peer = new string('b', 63) })] };
        Assert.True(MeshReport.TryRead("n7", report.ToBytes(), out MeshReport? big, out error), error);
        Assert.Equal(MeshReport.MaxRows, big.Rows.Length);
        Assert.Equal(5000 - MeshReport.MaxRows, big.More);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"v":2,"node":"n7","inc":1,"seq":1,"t":1}""")]
    [InlineData("""{"v":1,"node":"n8","inc":1,"seq":1,"t":1}""")]
    [InlineData("""{"v":1,"node":7,"inc":1,"seq":1,"t":1}""")]
    [InlineData("""{"v":1,"node":"n7","inc":-1,"seq":1,"t":1}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1.5,"t":1}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1e30}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"leaving":"yes"}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":{}}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[7]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[["n3",1,1,"u","r"]]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[["a.b",1,1,"u","r",1]]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[["n3",4294967296,1,"u","r",1]]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[["n3",1,16,"u","r",1]]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[["n3",1,1,"x","r",1]]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[["n3",1,1,"u","reactive",1]]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"losses":[["n3",1,1,"u","r",-1]]}""")]
    [InlineData("""{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"stalls":[[1,99999999]]}""")]
    public void A_loss_message_that_does_not_fit_does_not_count(string json)
    {
        Assert.False(MeshLossMessage.TryRead("n7", Encoding.UTF8.GetBytes(json), out MeshLossMessage? message, out string? error));
        Assert.Null(message);
        Assert.NotEmpty(error);
    }

    [Fact]
    public void A_message_over_its_bound_is_not_parsed()
    {
        Assert.False(MeshLossMessage.TryRead("n7", new byte[MeshLossMessage.MaxBytes + 1], out _, out string? error));
        Assert.Contains("over", error, StringComparison.Ordinal);
        Assert.False(MeshReport.TryRead("n7", new byte[MeshReport.MaxBytes + 1], out _, out error));
        Assert.Contains("over", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_one_value_that_becomes_something_else_is_refused_or_harmless()
    {
        JsonNode[] odd = [JsonValue.Create(-1), JsonValue.Create("Ü \u0001"), JsonValue.Create(true), new JsonObject(), new JsonArray(), JsonValue.Create(1e300)];
        int refused = 0;
        foreach (JsonNode wrong in odd)
        {
            for (int at = 0; ; at++)
            {
                JsonNode json = JsonNode.Parse(Report().ToBytes())!;
                if (!Replace(json, ref at, wrong)) break;
                if (!MeshReport.TryRead("n7", Encoding.UTF8.GetBytes(json.ToJsonString()), out MeshReport? read, out _)) refused++;
                else Assert.True(MeshReport.TryRead("n7", read.ToBytes(), out _, out _));
            }
        }

        Assert.True(refused > 200, $"{refused}");
    }

    [Fact]
    public void Random_bytes_and_cut_messages_never_throw()
    {
        var random = new Random(11);
        byte[] good = Report().ToBytes();
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int n = random.Next(1, 6); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            MeshReport.TryRead("n7", bytes.AsMemory(0, random.Next(bytes.Length + 1)), out _, out _);
            MeshLossMessage.TryRead("n7", bytes, out _, out _);
        }
    }

    [Fact]
    public void What_a_newer_node_adds_is_stepped_over()
    {
        string json = """{"v":1,"node":"n7","inc":1,"seq":1,"t":1,"mood":"good","losses":[["n3",1,1,"u","r",1,"more",{}]]}""";
        Assert.True(MeshLossMessage.TryRead("n7", Encoding.UTF8.GetBytes(json), out MeshLossMessage? read, out string? error), error);
        Assert.Single(read.Losses);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(50_000, 0)]
    [InlineData(50_001, 1)]
    [InlineData(409_600_000, 13)]
    [InlineData(409_600_001, 14)]
    [InlineData(long.MaxValue, 14)]
    public void A_round_trip_counts_in_one_bucket(long nanoseconds, int bucket) => Assert.Equal(bucket, MeshBuckets.BucketOf(nanoseconds));

    [Fact]
    public void Quantiles_lie_in_the_bucket_of_the_one_they_name()
    {
        var counts = new long[MeshBuckets.Length];
        Assert.Null(MeshBuckets.Quantile(counts, 0.5));
        counts[2] = 98;
        counts[5] = 2;
        Assert.InRange(MeshBuckets.Quantile(counts, 0.5)!.Value, 100, 200);
        Assert.InRange(MeshBuckets.Quantile(counts, 0.99)!.Value, 800, 1600);
        counts[14] = 10_000;
        Assert.Equal(409_600, MeshBuckets.Quantile(counts, 0.99));
    }

    private static bool Replace(JsonNode json, ref int at, JsonNode wrong)
    {
        int left = at;
        bool done = Walk(json, ref left, wrong);
        return done;
    }

    private static bool Walk(JsonNode json, ref int left, JsonNode wrong)
    {
        switch (json)
        {
            case JsonObject fields:
                foreach (string name in fields.Select(field => field.Key).ToArray())
                {
                    if (left-- == 0)
                    {
                        fields[name] = wrong.DeepClone();
                        return true;
                    }

                    if (fields[name] is { } child && Walk(child, ref left, wrong)) return true;
                }

                return false;
            case JsonArray items:
                for (int i = 0; i < items.Count; i++)
                {
                    if (left-- == 0)
                    {
                        items[i] = wrong.DeepClone();
                        return true;
                    }

                    if (items[i] is { } child && Walk(child, ref left, wrong)) return true;
                }

                return false;
            default:
                return false;
        }
    }

    private static MeshLossMessage Loss() => new()
    {
        Node = "n7",
        Incarnation = 1_795_221_600,
        Number = 17,
        Clock = 1_795_221_651_261,
        Leaving = true,
        SuspectSelf = true,
        Losses = [new("n3", uint.MaxValue, 15, MeshDirection.Unknown, MeshProbeKind.Ring, 512), new("n9", 1, 0, MeshDirection.Forward, MeshProbeKind.Floor, 0)],
        Directions = [new("n3", uint.MaxValue, MeshDirection.Reverse)],
        Late = [new("n3", 7, 612)],
        Stalls = [new(1200, 300)],
        Traces = [new("n3", "lost after hop 1")],
        More = 3,
    };

    private static MeshReport Report() => new()
    {
        Node = "n7",
        Incarnation = 1_795_221_600,
        Number = 4,
        Clock = 1_795_221_651_261,
        WindowMs = 10_000,
        Members = 1000,
        Rings = 10,
        IntervalMs = 500,
        Witnesses = 0,
        Zone = "a",
        SuspectSelf = true,
        StalledMs = 120,
        Rows =
        [
            new("n3", MeshNodeState.Up, new MeshCounts(10, 4, 4, 3, 1, 1, 1, 1), 212, new MeshTcpCounts(1, 0), 431),
            new("n9", MeshNodeState.Joining, new MeshCounts(2, 0, 0, 0, 0, 0, 0, 2), null, new MeshTcpCounts(0, 0), null),
        ],
        Received = [new("n3", 10), new("n11", 9)],
        Zones = [new("", new MeshCounts(12, 6, 4, 3, 1, 1, 1, 1), new MeshTcpCounts(1, 0), [.. Enumerable.Range(0, MeshBuckets.Length)])],
    };
}
