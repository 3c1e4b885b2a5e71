using System.Globalization;

namespace Scout.Nats;

/// <summary>What the reply subject of a delivered message tells.</summary>
public readonly record struct NatsJSMsgMetadata(
    NatsJSSequencePair Sequence, ulong NumDelivered, ulong NumPending, DateTimeOffset Timestamp, string Stream, string Consumer, string Domain)
{
    private const int ShortForm = 9;
    private const int LongForm = 11;

    /// <summary>
    /// Reads <c>$JS.ACK.S.C.delivered.sseq.cseq.ts.pending</c>, or the longer form with <c>domain|_.accounthash</c> after <c>$JS.ACK</c>, which may have
    /// further tokens at its end.
    /// </summary>
    internal static bool TryParse(string? replyTo, out NatsJSMsgMetadata metadata)
    {
        metadata = default;
        if (replyTo is null || !replyTo.StartsWith("$JS.ACK.", StringComparison.Ordinal)) return false;
        string[] tokens = replyTo.Split('.');
        if (tokens.Length != ShortForm && tokens.Length < LongForm) return false;
        int at = tokens.Length == ShortForm ? 2 : 4;
        string domain = at == 4 && tokens[2] != "_" ? tokens[2] : "";
        if (!Number(tokens[at + 2], out ulong delivered) || !Number(tokens[at + 3], out ulong stream) || !Number(tokens[at + 4], out ulong consumer)
            || !Number(tokens[at + 5], out ulong nanoseconds) || !Number(tokens[at + 6], out ulong pending) || nanoseconds > long.MaxValue) return false;
        DateTimeOffset timestamp = DateTimeOffset.UnixEpoch.AddTicks((long)nanoseconds / TimeSpan.NanosecondsPerTick);
        metadata = new NatsJSMsgMetadata(new NatsJSSequencePair(stream, consumer), delivered, pending, timestamp, tokens[at], tokens[at + 1], domain);
        return true;
    }

    private static bool Number(string text, out ulong value) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}

/// <summary>A message's place in its stream, and among the deliveries of its consumer.</summary>
public readonly record struct NatsJSSequencePair(ulong Stream, ulong Consumer);
