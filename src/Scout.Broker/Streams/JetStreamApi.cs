using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scout.Broker.Streams;

/// <summary>The few calls of the JetStream API that a stream keeper needs, as JSON: only so can what came back be compared with what was asked.</summary>
internal sealed class JetStreamApi(NatsConnection nats, TimeProvider time, string? domain = null, TimeSpan? patience = null)
{
    public const int StreamNotFound = 10059;

    /// <summary>Elections answer 503 for a moment.</summary>
    private const int Attempts = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NatsSubOpts opts = new() { Timeout = patience ?? Patience };
    private readonly string prefix = (domain ?? nats.Opts.JetStreamDomain) is { } named ? $"$JS.{named}.API." : "$JS.API.";

    /// <summary>The answer, which may be an error of JetStream.</summary>
    /// <exception cref="NatsException">No answer.</exception>
    /// <exception cref="JsonException">No JSON object.</exception>
    public async Task<JsonObject> CallAsync(string subject, JsonObject? body, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            JsonObject answer;
            try
            {
                NatsMsg<byte[]> reply = await nats.RequestAsync<byte[], byte[]>(
                    prefix + subject, body is null ? [] : System.Text.Encoding.UTF8.GetBytes(body.ToJsonString()), replyOpts: opts, cancellationToken: cancellation);
                answer = JsonNode.Parse(reply.Data ?? [], documentOptions: new JsonDocumentOptions { MaxDepth = 32 }) as JsonObject ?? throw new JsonException("JetStream did not answer with an object");
                if (attempt == Attempts || Error(answer) is not { Code: 503 }) return answer;
            }
            catch (NatsNoRespondersException) when (attempt < Attempts)
            {
                // JetStream is still starting.
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }

    /// <summary>The error in an answer, or null.</summary>
    public static JetStreamError? Error(JsonObject answer) => answer["error"] is JsonObject error
        ? new JetStreamError(Number(error["code"]), Number(error["err_code"]), error["description"]?.ToString() ?? "no description")
        : null;

    private static int Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out int number) ? number : 0;
}

/// <summary>An error of JetStream.</summary>
internal sealed record JetStreamError(int Code, int ErrorCode, string Description);
