using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scout.Protocol.CloudEvents;

namespace Scout.Protocol.Tests.CloudEvents;

/// <summary>The JSON format: the cases of the cloudevents/conformance suite in our words, and what nats.md 13 adds.</summary>
public sealed class CloudEventJsonTests
{
    private const string Minimal = "\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\"";

    public static TheoryData<string, string> Valid => new()
    {
        { "minimal", "{" + Minimal + "}" },
        { "null for what is optional", "{" + Minimal + ",\"datacontenttype\":null,\"dataschema\":null,\"subject\":null,\"time\":null,\"data_base64\":null,\"ext\":null}" },
        { "all core attributes", "{" + Minimal + ",\"datacontenttype\":\"text/plain\",\"dataschema\":\"https://cloudevents.io/dataschema\",\"subject\":\"tests\",\"time\":\"2018-04-05T17:31:00Z\"}" },
        { "time with nanoseconds", "{" + Minimal + ",\"time\":\"2018-04-05T17:31:00.000000000Z\"}" },
        { "time with a positive offset", "{" + Minimal + ",\"time\":\"2018-04-05T18:31:00+01:00\"}" },
        { "time with a negative offset", "{" + Minimal + ",\"time\":\"2018-04-05T16:31:00-01:00\"}" },
        { "time in lower case", "{" + Minimal + ",\"time\":\"2018-04-05t17:31:00z\"}" },
        { "a leap second", "{" + Minimal + ",\"time\":\"2016-12-31T23:59:60Z\"}" },
        { "a fragment as source", "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"#fragment\"}" },
        { "text data", "{" + Minimal + ",\"datacontenttype\":\"text/plain\",\"data\":\"Simple text\"}" },
        { "text data before its type", "{\"data\":\"Simple text\"," + Minimal + ",\"datacontenttype\":\"text/plain\"}" },
        { "JSON data with a parameter in its type", "{" + Minimal + ",\"datacontenttype\":\"application/json; charset=utf-8\",\"data\":{\"a\":[1,2]}}" },
        { "JSON data by suffix", "{" + Minimal + ",\"datacontenttype\":\"application/problem+json\",\"data\":1.5e3}" },
        { "JSON data without a type", "{" + Minimal + ",\"data\":\"text\"}" },
        { "null as data", "{" + Minimal + ",\"data\":null}" },
        { "binary data", "{" + Minimal + ",\"datacontenttype\":\"image/png\",\"data_base64\":\"TWE=\"}" },
        { "binary data of type JSON", "{" + Minimal + ",\"datacontenttype\":\"application/json\",\"data_base64\":\"e30=\"}" },
        { "extensions of all types", "{" + Minimal + ",\"extinteger\":10,\"extnegative\":-2147483648,\"extboolean\":true,\"extstring\":\"text\",\"exturi\":\"https://cloudevents.io\",\"exttimestamp\":\"2023-03-31T15:12:00Z\",\"extbinary\":\"TWE=\"}" },
        { "names of letters and digits only", "{" + Minimal + ",\"1a2b\":\"x\"}" },
        { "blanks around it", " \r\n\t{" + Minimal + "} \n" },
        { "an escaped name", "{\"specversi\\u006fn\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "an emoji in a text", "{" + Minimal + ",\"subject\":\"\\ud83d\\ude00 ü\"}" },
    };

    public static TheoryData<string, string> Invalid => new()
    {
        { "no specversion", "{\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "no id", "{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "no type", "{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/s\"}" },
        { "no source", "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\"}" },
        { "null as id", "{\"specversion\":\"1.0\",\"id\":null,\"type\":\"t\",\"source\":\"/s\"}" },
        { "empty id", "{\"specversion\":\"1.0\",\"id\":\"\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "numeric id", "{\"specversion\":\"1.0\",\"id\":25,\"type\":\"t\",\"source\":\"/s\"}" },
        { "object as id", "{\"specversion\":\"1.0\",\"id\":{\"x\":\"y\"},\"type\":\"t\",\"source\":\"/s\"}" },
        { "empty type", "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"\",\"source\":\"/s\"}" },
        { "empty source", "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"\"}" },
        { "blank in the source", "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/a b\"}" },
        { "bad percent in the source", "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/a%2\"}" },
        { "empty specversion", "{\"specversion\":\"\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "specversion 0.9", "{\"specversion\":\"0.9\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "specversion 1.1", "{\"specversion\":\"1.1\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "numeric specversion", "{\"specversion\":1.0,\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\"}" },
        { "time garbage", "{" + Minimal + ",\"time\":\"lunchtime\"}" },
        { "time to the minute", "{" + Minimal + ",\"time\":\"2018-04-05T18:31Z\"}" },
        { "time without offset", "{" + Minimal + ",\"time\":\"2018-04-05T18:31:00\"}" },
        { "time with an offset X", "{" + Minimal + ",\"time\":\"2018-04-05T18:31:00X\"}" },
        { "time with an offset of 25 hours", "{" + Minimal + ",\"time\":\"2018-04-05T18:31:00+25:00\"}" },
        { "time with letters in the offset", "{" + Minimal + ",\"time\":\"2018-04-05T18:31:00+xx:00\"}" },
        { "time with an offset of hours only", "{" + Minimal + ",\"time\":\"2018-04-05T18:31:00+05\"}" },
        { "time with a lone point", "{" + Minimal + ",\"time\":\"2018-04-05T18:31:00.Z\"}" },
        { "a day that does not exist", "{" + Minimal + ",\"time\":\"2018-02-29T18:31:00Z\"}" },
        { "numeric time", "{" + Minimal + ",\"time\":1522949460}" },
        { "datacontenttype that is no media type", "{" + Minimal + ",\"datacontenttype\":\"xyz\"}" },
        { "empty datacontenttype", "{" + Minimal + ",\"datacontenttype\":\"\"}" },
        { "empty dataschema", "{" + Minimal + ",\"dataschema\":\"\"}" },
        { "relative dataschema", "{" + Minimal + ",\"dataschema\":\"/schema\"}" },
        { "empty subject", "{" + Minimal + ",\"subject\":\"\"}" },
        { "capitals in an extension's name", "{" + Minimal + ",\"MyExtension\":\"bad\"}" },
        { "null for a name that is none", "{" + Minimal + ",\"My.Extension\":null}" },
        { "a point in an extension's name", "{" + Minimal + ",\"my.extension\":\"bad\"}" },
        { "an empty name", "{" + Minimal + ",\"\":\"bad\"}" },
        { "a fraction", "{" + Minimal + ",\"ext\":1.5}" },
        { "a fraction of nothing", "{" + Minimal + ",\"ext\":1.0}" },
        { "an exponent", "{" + Minimal + ",\"ext\":1e3}" },
        { "an integer of 33 bits", "{" + Minimal + ",\"ext\":2147483648}" },
        { "an object as extension", "{" + Minimal + ",\"ext\":{}}" },
        { "a list as extension", "{" + Minimal + ",\"ext\":[]}" },
        { "data twice", "{" + Minimal + ",\"data\":\"text\",\"data_base64\":\"eyAieHl6IjogMTIzIH0=\"}" },
        { "base64 that is none", "{" + Minimal + ",\"data_base64\":\"%%%\"}" },
        { "an object as data of a text type", "{" + Minimal + ",\"datacontenttype\":\"text/plain\",\"data\":{}}" },
        { "a doubled name", "{" + Minimal + ",\"id\":\"b\"}" },
        { "a doubled extension", "{" + Minimal + ",\"ext\":\"b\",\"ext\":\"b\"}" },
        { "doubled data", "{" + Minimal + ",\"data\":1,\"data\":1}" },
        { "a control character", "{" + Minimal + ",\"subject\":\"a\\u0007\"}" },
        { "a C1 control character", "{" + Minimal + ",\"subject\":\"a\\u0085\"}" },
        { "a lone surrogate", "{" + Minimal + ",\"subject\":\"a\\ud83d\"}" },
        { "a non-character", "{" + Minimal + ",\"subject\":\"a\\ufffe\"}" },
        { "a non-character in an extension", "{" + Minimal + ",\"ext\":\"\\ufdd0\"}" },
        { "a list", "[{" + Minimal + "}]" },
        { "a text", "\"event\"" },
        { "nothing", "" },
        { "half of it", "{" + Minimal },
        { "a comma too many", "{" + Minimal + ",}" },
        { "a comment", "{" + Minimal + "/* */}" },
        { "two events", "{" + Minimal + "}{" + Minimal + "}" },
        { "depth beyond reason", "{" + Minimal + ",\"data\":" + new string('[', 100) + new string(']', 100) + "}" },
    };

    [Theory]
    [MemberData(nameof(Valid))]
    public void Valid_events_are_read_and_stay_the_same_when_written(string name, string json)
    {
        Assert.NotEmpty(name);
        Assert.True(CloudEventJson.TryRead(Encoding.UTF8.GetBytes(json), out CloudEvent? one, out string? error), error);
        Assert.Null(CloudEventRules.Validate(one));
        Assert.True(CloudEventJson.TryRead(CloudEventJson.ToBytes(one), out CloudEvent? again, out error), error);
        Assert.Equal(Text(one), Text(again));
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Invalid_events_are_refused_with_a_reason(string name, string json)
    {
        Assert.NotEmpty(name);
        Assert.False(CloudEventJson.TryRead(Encoding.UTF8.GetBytes(json), out CloudEvent? one, out string? error));
        Assert.Null(one);
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused()
    {
        byte[] json = [.. "{\"specversion\":\"1.0\",\"id\":\""u8, 0xFF, 0xFE, .. "\",\"type\":\"t\",\"source\":\"/s\"}"u8];
        Assert.False(CloudEventJson.TryRead(json, out _, out _));
        json = [.. "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\",\"e"u8, 0xFF, .. "\":\"x\"}"u8];
        Assert.False(CloudEventJson.TryRead(json, out _, out _));
    }

    [Fact]
    public void Null_is_data_and_nothing_is_none()
    {
        Assert.Equal("null", Read("{" + Minimal + ",\"data\":null}").Data.ToString());
        Assert.Equal(CloudEventDataKind.None, Read("{" + Minimal + "}").Data.Kind);
    }

    [Fact]
    public void Times_are_moments_whatever_their_offset()
    {
        DateTimeOffset moment = new(2018, 4, 5, 17, 31, 0, TimeSpan.Zero);
        Assert.Equal(moment, Read("{" + Minimal + ",\"time\":\"2018-04-05T18:31:00+01:00\"}").Time);
        Assert.Equal(moment.AddTicks(1234567), Read("{" + Minimal + ",\"time\":\"2018-04-05T17:31:00.123456789Z\"}").Time);
    }

    [Fact]
    public void Unknown_extensions_are_kept_with_their_types()
    {
        CloudEvent one = Read("{" + Minimal + ",\"zeta\":\"x\",\"alpha\":7,\"mid\":false}");
        Assert.Equal(["alpha", "mid", "zeta"], one.Extensions.Keys);
        Assert.Equal(CloudEventValueKind.Integer, one.Extensions["alpha"].Kind);
        Assert.Equal("false", one.Extension("mid"));
        Assert.Contains("\"alpha\":7,\"mid\":false,\"zeta\":\"x\"", Text(one), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_of_64_kibibytes_is_read()
    {
        CloudEvent one = Read("{" + Minimal + ",\"data\":\"" + new string('x', 70_000) + "\"}");
        Assert.Equal(70_002, one.Data.Bytes.Length);
    }

    [Fact]
    public void A_batch_may_be_empty_and_is_valid_only_if_all_members_are()
    {
        Assert.True(CloudEventJson.TryReadBatch("[]"u8.ToArray(), out IReadOnlyList<CloudEvent>? events, out _));
        Assert.Empty(events);
        Assert.True(CloudEventJson.TryReadBatch(Encoding.UTF8.GetBytes("[{" + Minimal + "},{" + Minimal + ",\"data\":{\"a\":1}}]"), out events, out _));
        Assert.Equal(2, events.Count);
        Assert.Equal("{\"a\":1}", events[1].Data.ToString());
        foreach (string bad in new[] { "{}", "[{" + Minimal + "},{" + Minimal.Replace("1.0", "0.9") + "}]", "[{\"id\":\"a\"}]", "[\"no\"]", "[{" + Minimal + "}]x", "[", "" })
        {
            Assert.False(CloudEventJson.TryReadBatch(Encoding.UTF8.GetBytes(bad), out _, out string? error), bad);
            Assert.NotEmpty(error);
        }
    }

    [Fact]
    public void Whatever_the_bytes_are_reading_ends_with_yes_or_no() => Prop.ForAll<byte[]>(bytes =>
    {
        bool read = CloudEventJson.TryRead(bytes, out CloudEvent? one, out string? error);
        return read == (one is not null) && read == (error is null);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_valid_event_with_any_byte_changed_ends_with_yes_or_no()
    {
        byte[] valid = Encoding.UTF8.GetBytes("{" + Minimal + ",\"time\":\"2018-04-05T18:31:00+01:00\",\"ext\":10,\"data\":{\"a\":\"\\u00fc\"}}");
        for (int i = 0; i < valid.Length; i++)
        {
            foreach (byte other in new byte[] { 0, (byte)'"', (byte)'\\', (byte)'{', (byte)'9', 0xC3, 0xFF })
            {
                byte[] broken = [.. valid];
                broken[i] = other;
                bool read = CloudEventJson.TryRead(broken, out CloudEvent? one, out string? error);
                Assert.Equal(read, one is not null);
                Assert.Equal(read, error is null);
            }
        }
    }

    private static CloudEvent Read(string json)
    {
        Assert.True(CloudEventJson.TryRead(Encoding.UTF8.GetBytes(json), out CloudEvent? one, out string? error), error);
        return one;
    }

    private static string Text(CloudEvent one) => Encoding.UTF8.GetString(CloudEventJson.ToBytes(one));
}
