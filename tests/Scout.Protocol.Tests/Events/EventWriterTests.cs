using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;

namespace Scout.Protocol.Tests.Events;

public sealed class EventWriterTests
{
    [Theory]
    [MemberData(nameof(EventSamples.Names), MemberType = typeof(EventSamples))]
    public void What_is_written_is_a_valid_cloudevent_with_the_same_data(string name)
    {
        ScoutEvent one = EventSamples.Get(name);
        using var writer = new EventWriter();
        byte[] bytes = writer.Write(one).ToArray();

        Assert.True(CloudEventJson.TryRead(bytes, out CloudEvent? read, out string? error), error);
        Assert.Equal(one.Id.ToString(), read.Id);
        Assert.Equal("/scout/node/" + one.Node, read.Source);
        Assert.Equal(one.Type, read.Type);
        Assert.Equal(one.Machine, read.Subject);
        Assert.Equal(one.Time, read.Time);
        Assert.Equal("application/json", read.DataContentType);
        Assert.Equal(one.Sequence?.ToString(), read.Extension("sequence"));
        Assert.Equal(one.CausationId, read.Extension("causationid"));
        Assert.True(EventReader.TryReadData(read, out EventData? data, out string? bad), bad);
        Assert.Equal(Encode(one), Encode(one with { Data = data }));
    }

    [Fact]
    public void A_steady_check_event_takes_at_most_760_bytes_in_the_stream()
    {
        ScoutEvent one = EventSamples.Get("check steady");
        using var writer = new EventWriter();
        string headers = $"NATS/1.0\r\nContent-Type: {CloudEventJson.MediaType}\r\nNats-Msg-Id: {one.Id}\r\n\r\n";
        int stored = 22 + one.Subject.Length + 4 + headers.Length + writer.Write(one).Length + 8;
        Assert.InRange(stored, 400, 760);
    }

    [Fact]
    public void Names_are_in_snake_case_and_defaults_are_left_out()
    {
        using JsonDocument document = JsonDocument.Parse(Encode(EventSamples.Get("check steady")));
        JsonElement data = document.RootElement.GetProperty("data");
        Assert.Equal(3.217, data.GetProperty("duration_ms").GetDouble());
        Assert.Equal("seconds", EventSamples.Data<CheckData>("check full").Perfdata!.Value[1].Unit);
        Assert.All(["exit_code", "raw_status", "long_output", "stderr", "flapping", "attempt", "truncated", "maintenance", "announce"], absent => Assert.False(data.TryGetProperty(absent, out _), absent));
    }

    [Fact]
    public void The_public_record_lies_flat_in_a_state_event()
    {
        using JsonDocument document = JsonDocument.Parse(Encode(EventSamples.Get("state full")));
        JsonElement data = document.RootElement.GetProperty("data");
        Assert.Equal("MAINTENANCE", data.GetProperty("state").GetString());
        Assert.Equal("2026-11-21T00:42:51.261Z", data.GetProperty("since").GetString());
        Assert.Equal("anna", data.GetProperty("maintenance").GetProperty("caller").GetString());
    }

    [Fact]
    public void Text_stays_as_it_is_and_only_what_json_demands_is_escaped()
    {
        ScoutEvent one = EventSamples.Get("check steady");
        var data = (CheckData)one.Data;
        string text = Encoding.UTF8.GetString(Encode(one with { Data = data with { Output = "<ü> \"a\" \\ + & '\u0001" } }));
        Assert.Contains("<ü> \\\"a\\\" \\\\ + & '\\u0001", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_result_is_cut_long_text_first_and_says_so()
    {
        ScoutEvent one = EventSamples.Get("check full");
        var data = (CheckData)one.Data;
        data = data with { LongOutput = new string('x', 70_000), Output = "the text", Stderr = "the errors" };
        using var writer = new EventWriter();
        byte[] bytes = writer.Write(one with { Data = data }).ToArray();

        CheckData read = Read<CheckData>(bytes);
        Assert.InRange(bytes.Length, EventWriter.MaxBytes - 200, EventWriter.MaxBytes);
        Assert.True(read.Truncated);
        Assert.Equal("the text", read.Output);
        Assert.Equal("the errors", read.Stderr);
        Assert.Equal(1, writer.Cut);
    }

    [Fact]
    public void Text_that_grows_by_escaping_is_cut_too()
    {
        ScoutEvent one = EventSamples.Get("check steady");
        var data = (CheckData)one.Data;
        using var writer = new EventWriter();
        byte[] bytes = writer.Write(one with { Data = data with { Output = string.Concat(Enumerable.Repeat("\u0001😀", 20_000)) } }).ToArray();
        Assert.InRange(bytes.Length, 1, EventWriter.MaxBytes);
        Assert.True(CloudEventJson.TryRead(bytes, out _, out string? error), error);
    }

    [Fact]
    public void Hundreds_of_numbers_are_halved_until_they_fit()
    {
        ScoutEvent one = EventSamples.Get("check steady");
        var data = (CheckData)one.Data;
        ImmutableArray<PerfDatumData> items = [.. Enumerable.Range(0, 512).Select(i => new PerfDatumData(new string('l', 100) + i, i, "bytes", new string('9', 100)))];
        using var writer = new EventWriter();
        CheckData read = Read<CheckData>(writer.Write(one with { Data = data with { Perfdata = items } }).ToArray());
        Assert.Equal(128, read.Perfdata!.Value.Length);
        Assert.True(read.Truncated);
    }

    [Fact]
    public void One_writer_serves_many_events()
    {
        using var writer = new EventWriter();
        byte[] first = writer.Write(EventSamples.Get("check full")).ToArray();
        _ = writer.Write(EventSamples.Get("alive"));
        Assert.Equal(first, writer.Write(EventSamples.Get("check full")).ToArray());
    }

    [Fact]
    public void The_subject_and_stream_follow_from_the_type()
    {
        Assert.Equal("scout.event.web1.disk_root.check", EventSamples.Get("check full").Subject);
        Assert.Equal("scout.event.web1.disk_root.transition", EventSamples.Get("transition by a person").Subject);
        Assert.Equal("scout.event.web1.disk_root.state", EventSamples.Get("state full").Subject);
        Assert.Equal("scout.event.web1.disk_root.watcher", EventSamples.Get("watcher exec").Subject);
        Assert.Equal("scout.event.web1._node.watcher", EventSamples.Get("outbox").Subject);
        Assert.Equal("scout.lifecycle.web1.alive", EventSamples.Get("alive").Subject);
        Assert.Equal("SCOUT_LIFECYCLE", EventSamples.Get("shutdown").Stream);
        Assert.Equal("SCOUT_EVENTS", EventSamples.Get("outbox").Stream);
    }

    private static byte[] Encode(ScoutEvent one)
    {
        using var writer = new EventWriter();
        return writer.Write(one).ToArray();
    }

    private static T Read<T>(byte[] bytes)
        where T : EventData
    {
        Assert.True(CloudEventJson.TryRead(bytes, out CloudEvent? read, out string? error), error);
        Assert.True(EventReader.TryReadData(read, out EventData? data, out error), error);
        return Assert.IsType<T>(data);
    }
}
