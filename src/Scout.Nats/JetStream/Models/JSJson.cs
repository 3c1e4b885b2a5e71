using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scout.Nats;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccountInfoResponse))]
[JsonSerializable(typeof(ConsumerCreateRequest))]
[JsonSerializable(typeof(ConsumerInfo))]
[JsonSerializable(typeof(PageRequest))]
[JsonSerializable(typeof(PullRequest))]
[JsonSerializable(typeof(StreamConfig))]
[JsonSerializable(typeof(StreamInfo))]
[JsonSerializable(typeof(StreamInfoRequest))]
[JsonSerializable(typeof(StreamMsgGetRequest))]
[JsonSerializable(typeof(StreamNamesResponse))]
[JsonSerializable(typeof(StreamPurgeRequest))]
[JsonSerializable(typeof(StreamPurgeResponse))]
[JsonSerializable(typeof(SuccessResponse))]
internal sealed partial class JSJson : JsonSerializerContext
{
    /// <summary>For the answers of a server that is not trusted: no depth, nothing twice.</summary>
    public static JSJson Strict { get; } = new(new JsonSerializerOptions
    {
        MaxDepth = 32,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
#if NET10_0_OR_GREATER
        AllowDuplicateProperties = false,
#endif
    });
}
