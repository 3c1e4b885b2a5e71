using System.Text;
using System.Text.Json;

namespace Scout.Nats;

/// <summary>A stream's word that it has a message.</summary>
public sealed record PubAckResponse
{
    public string? Stream { get; init; }

    public ulong Seq { get; init; }

    /// <summary>The message id was known already; <see cref="Seq"/> is that of the first one.</summary>
    public bool Duplicate { get; init; }

    public string? Domain { get; init; }

    public ApiError? Error { get; init; }

    /// <exception cref="NatsJSApiException">The stream refused the message.</exception>
    public void EnsureSuccess()
    {
        if (Error is not null) throw new NatsJSApiException(Error);
    }

    /// <summary>Reads an acknowledgement; null when it is none. Written by hand because it is read for every event.</summary>
    internal static PubAckResponse? TryParse(ReadOnlySpan<byte> json, string? expectedStream)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 32 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            string? stream = null, domain = null;
            ulong seq = 0;
            bool duplicate = false;
            ApiError? error = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("stream"u8))
                {
                    if (stream is not null || !reader.Read()) return null;
                    stream = expectedStream is not null && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(expectedStream)
                        ? expectedStream
                        : reader.GetString();
                }
                else if (reader.ValueTextEquals("seq"u8))
                {
                    if (seq != 0 || !reader.Read()) return null;
                    seq = reader.GetUInt64();
                }
                else if (reader.ValueTextEquals("duplicate"u8))
                {
                    reader.Read();
                    duplicate = reader.GetBoolean();
                }
                else if (reader.ValueTextEquals("domain"u8))
                {
                    reader.Read();
                    domain = reader.GetString();
                }
                else if (reader.ValueTextEquals("error"u8))
                {
                    reader.Read();
                    error = JsonSerializer.Deserialize(ref reader, JSJson.Strict.ApiError);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            while (reader.Read())
            {
                // Only white space may follow; anything else throws.
            }

            if (error is null && (string.IsNullOrEmpty(stream) || seq == 0)) return null;
            return new PubAckResponse { Stream = stream, Seq = seq, Duplicate = duplicate, Domain = domain, Error = error };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            return null;
        }
    }
}
