using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scout.Protocol.CloudEvents;

namespace Scout.Protocol.Tests.CloudEvents;

public sealed class CloudEventNatsTests
{
    private static readonly byte[] Structured = "{\"specversion\":\"1.0\",\"id\":\"a\",\"type\":\"t\",\"source\":\"/s\",\"data\":1}"u8.ToArray();

    [Theory]
    [InlineData("Content-Type", "application/cloudevents+json")]
    [InlineData("content-type", "APPLICATION/CloudEvents+JSON")]
    [InlineData("CONTENT-TYPE", "application/cloudevents+json; charset=utf-8")]
    [InlineData("Content-Type", " application/cloudevents+json;charset=\"UTF-8\"")]
    public void Structured_mode_is_known_by_its_content_type_in_any_case(string name, string value)
    {
        Assert.True(CloudEventNats.TryRead([new(name, value)], Structured, lenient: false, out CloudEvent? one, out string? error), error);
        Assert.Equal("1", one.Data.ToString());
    }

    [Theory]
    [InlineData("application/cloudevents-batch+json")]
    [InlineData("application/cloudevents+avro")]
    [InlineData("application/cloudevents")]
    [InlineData("application/cloudevents+json; charset=latin1")]
    public void Other_structured_types_and_batches_are_refused(string type) =>
        Assert.False(CloudEventNats.TryRead([new("Content-Type", type)], Structured, lenient: true, out _, out _));

    [Fact]
    public void Binary_mode_takes_attributes_from_headers_in_any_case_and_the_payload_as_data()
    {
        CloudEvent one = ReadBinary(
            "payload ü",
            ("ce-specversion", "1.0"), ("CE-ID", "a"), ("Ce-Type", "t"), ("ce-source", "/s"), ("ce-time", "2018-04-05T17:31:00Z"),
            ("ce-datacontenttype", "text/plain"), ("ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80"), ("CE-MyExt", "x"), ("Nats-Msg-Id", "a"));
        Assert.Equal("Euro € 😀", one.Subject);
        Assert.Equal("text/plain", one.DataContentType);
        Assert.Equal("payload ü", one.Data.ToString());
        Assert.Equal(CloudEventDataKind.Text, one.Data.Kind);
        Assert.Equal("x", one.Extension("myext"));
        Assert.Null(CloudEventRules.Validate(one));
    }

    [Fact]
    public void Binary_data_of_type_json_is_json_and_of_no_type_is_bytes()
    {
        (string, string)[] attributes = [("ce-specversion", "1.0"), ("ce-id", "a"), ("ce-type", "t"), ("ce-source", "/s")];
        Assert.Equal(CloudEventDataKind.Json, ReadBinary("{\"a\":1}", [.. attributes, ("ce-datacontenttype", "application/json")]).Data.Kind);
        Assert.Equal(CloudEventDataKind.Binary, ReadBinary("{\"a\":", [.. attributes, ("ce-datacontenttype", "application/json")]).Data.Kind);
        Assert.Equal(CloudEventDataKind.Binary, ReadBinary("{\"a\":1}", attributes).Data.Kind);
        Assert.Equal(CloudEventDataKind.Binary, ReadBinary("x", [.. attributes, ("ce-datacontenttype", "image/png")]).Data.Kind);
        Assert.Equal(CloudEventDataKind.None, ReadBinary("", attributes).Data.Kind);
    }

    [Theory]
    [InlineData("ce-id", "")]
    [InlineData("ce-id", "%ff")]
    [InlineData("ce-id", "%2")]
    [InlineData("ce-specversion", "0.3")]
    [InlineData("ce-time", "now")]
    [InlineData("ce-my-ext", "x")]
    [InlineData("ce-data", "x")]
    [InlineData("ce-", "x")]
    public void Bad_attributes_in_headers_are_refused(string name, string value)
    {
        List<KeyValuePair<string, string>> headers = [new("ce-specversion", "1.0"), new("ce-id", "a"), new("ce-type", "t"), new("ce-source", "/s")];
        headers.RemoveAll(header => header.Key == name);
        headers.Add(new(name, value));
        Assert.False(CloudEventNats.TryRead(headers, "x"u8.ToArray(), lenient: false, out _, out string? error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void A_doubled_attribute_is_refused()
    {
        KeyValuePair<string, string>[] headers = [new("ce-specversion", "1.0"), new("ce-id", "a"), new("CE-ID", "a"), new("ce-type", "t"), new("ce-source", "/s")];
        Assert.False(CloudEventNats.TryRead(headers, default, lenient: false, out _, out string? error));
        Assert.Contains("twice", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bare_json_counts_only_when_one_is_lenient()
    {
        Assert.False(CloudEventNats.TryRead([], Structured, lenient: false, out _, out _));
        Assert.True(CloudEventNats.TryRead([], Structured, lenient: true, out _, out _));
        Assert.True(CloudEventNats.TryRead([new("Content-Type", "application/json")], Structured, lenient: true, out _, out _));
    }

    [Theory]
    [InlineData("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80")]
    [InlineData("plain-text_~!#$&'()*+,/:;=?@[]", "plain-text_~!#$&'()*+,/:;=?@[]")]
    [InlineData("a\"b%c", "a%22b%25c")]
    [InlineData("\u007F\u00e9\n", "%7F%C3%A9%0A")]
    [InlineData("", "")]
    public void Values_are_percent_encoded_in_upper_case(string value, string header)
    {
        Assert.Equal(header, HeaderValue.Encode(value));
        Assert.True(HeaderValue.TryDecode(header, out string? back));
        Assert.Equal(value, back);
    }

    [Theory]
    [InlineData("%e2%82%ac", "€")]
    [InlineData("%41%62", "Ab")]
    [InlineData("\"quoted text\"", "quoted text")]
    [InlineData("\"a \\\" b \\\\ %20\"", "a \" b \\  ")]
    [InlineData("  padded\t", "padded")]
    [InlineData("%2520", "%20")]
    [InlineData("ü", "ü")]
    public void Values_of_others_are_read_generously_and_once(string header, string value)
    {
        Assert.True(HeaderValue.TryDecode(header, out string? back));
        Assert.Equal(value, back);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    [InlineData("%c3")]
    [InlineData("%ed%a0%80")]
    [InlineData("\"open")]
    [InlineData("\"a\" b\"")]
    [InlineData("\"a\\\"")]
    [InlineData("\"")]
    public void What_is_no_encoding_is_refused(string header) => Assert.False(HeaderValue.TryDecode(header, out _));

    [Fact]
    public void Every_text_comes_back_as_it_was() => Prop.ForAll<string?>(text =>
    {
        if (text is null || text.Any(char.IsSurrogate)) return true;
        string header = HeaderValue.Encode(text);
        return header.All(c => c is > ' ' and < '\u007F') && HeaderValue.TryDecode(header, out string? back) && back == text;
    }).QuickCheckThrowOnFailure();

    private static CloudEvent ReadBinary(string payload, params (string Name, string Value)[] headers)
    {
        Assert.True(
            CloudEventNats.TryRead(headers.Select(header => new KeyValuePair<string, string>(header.Name, header.Value)), Encoding.UTF8.GetBytes(payload), lenient: false, out CloudEvent? one, out string? error), error);
        return one;
    }
}
