using System.Threading.Channels;
using Scout.Protocol.Streams;

namespace Scout.Broker.Mesh.Service;

/// <summary>
/// Follows the roster by direct gets alone, because a consumer is a right that the role of the broker does not have (security.md 5): everything first, then each
/// 250 ms what came since, one question when nothing did. Of several revisions of a key only the newest that counts is told.
/// </summary>
internal sealed class RosterFeed(NatsConnection nats, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Until stopped. Begin anew after a failure: whoever hears it minds no repetition.</summary>
    /// <exception cref="NatsException">No answer.</exception>
    public async Task FollowAsync(ChannelWriter<RosterWord> into, CancellationToken stop)
    {
        INatsJSStream stream = new NatsJSContext(nats).GetStreamHandle(StreamCatalog.Roster);
        var newest = new Dictionary<string, RosterWord>(StringComparer.Ordinal);
        ulong next = 0;
        while (true)
        {
            newest.Clear();
            await foreach (NatsJSStreamMsg<byte[]> message in stream.ReadRangeAsync<byte[]>(new NatsJSReadRangeOpts { From = next }, stop))
            {
                next = message.Sequence + 1;
                if (RosterWord.Read(message.Subject, message.Data ?? [], [.. message.Headers.EachValue()]) is { } word) newest[message.Subject] = word;
            }

            foreach (RosterWord word in newest.Values) await into.WriteAsync(word, stop);
            await Task.Delay(Pause, time, stop);
        }
    }
}
