using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Streams;
using Scout.Server.Logging;

namespace Scout.Server.Mesh.Peers;

/// <summary>
/// Peers of the broker's roster. A node has no consumers (security.md 6), so it listens to what the bucket republishes and reads what it missed with direct gets: all of
/// it first, then from the last sequence on, each 30 s and after each connect. Who is silent the broker says there: n nodes that hear the lifecycle of each other would be n² messages.
/// </summary>
/// <param name="self">Own name.</param>
/// <param name="time">The clock.</param>
/// <param name="log">For people.</param>
internal sealed class RosterPeers(string self, TimeProvider time, ILogger log) : IPeerSource
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly RosterView view = new();
    private readonly CancellationTokenSource stop = new();
    private Action changed = static () => { };
    private Task running = Task.CompletedTask;
    private TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool ready;
    private long confirmed = long.MinValue;

    public string Kind => "roster";

    public bool IsReady => ready;

    public ImmutableArray<PeerSeen> Peers { get; private set; } = [];

    public long? ConfirmedAt => Interlocked.Read(ref confirmed) is var at and > long.MinValue ? at : null;

    /// <summary>Where this node stands, as the broker says.</summary>
    public NodePlace? OwnPlace
    {
        get
        {
            lock (gate) return view.Place(self);
        }
    }

    public void Start(Action changed) => this.changed = changed;

    /// <summary>From here on there is a line to a broker; it may break and come back.</summary>
    public void Attach(NatsConnection connection)
    {
        connection.ConnectionOpened += (_, _) =>
        {
            lock (gate) wake.TrySetResult();
            return ValueTask.CompletedTask;
        };
        running = Task.WhenAll(ListenAsync(connection), CatchUpAsync(connection));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task ListenAsync(NatsConnection connection)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (NatsMsg<byte[]> message in connection.SubscribeAsync<byte[]>(Subjects.AllRoster, cancellationToken: stop.Token)) Roster(message);
            }
            catch (Exception refused) when (refused is NatsException or OperationCanceledException or ObjectDisposedException)
            {
                if (refused is not NatsException) return;
            }

            if (!await PauseAsync(Again)) return;
        }
    }

    private void Roster(NatsMsg<byte[]> message)
    {
        if (message.Headers is not { } headers || !headers.TryGetLastValue("Nats-Sequence", out string? text) || !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence)) return;
        bool genuine = IsGenuine(headers, EventDelivery.Republished, message.Subject);
        bool moved;
        lock (gate)
        {
            // What a live message tells is right now; what lies before it may still be missing and is read by its sequence.
            ulong before = view.LastSequence;
            moved = view.Take(message.Subject, message.Data ?? [], sequence, headers.ContainsKey("KV-Operation"), genuine);
            if (ready && genuine && sequence > before + 1) wake.TrySetResult();
        }

        if (!genuine) return;
        Interlocked.Exchange(ref confirmed, MeshClock.Now(time));
        if (moved) Publish();
    }

    private async Task CatchUpAsync(NatsConnection connection)
    {
        INatsJSStream stream = new NatsJSContext(connection).GetStreamHandle(StreamCatalog.Roster);
        ulong from = 0;
        while (true)
        {
            (bool good, from) = await ReadAsync(stream, from);
            if (!await PauseAsync(good ? Again : Soon)) return;
        }
    }

    /// <summary>Whether it got to the end, and where to go on.</summary>
    private async Task<(bool Good, ulong Next)> ReadAsync(INatsJSStream stream, ulong from)
    {
        try
        {
            bool moved = false;
            await foreach (NatsJSStreamMsg<byte[]> message in stream.ReadRangeAsync<byte[]>(new NatsJSReadRangeOpts { From = from }, stop.Token))
            {
                from = message.Sequence + 1;
                lock (gate) moved |= view.Take(message.Subject, message.Data ?? [], message.Sequence, message.Headers.ContainsKey("KV-Operation"), IsGenuine(message.Headers, EventDelivery.DirectGet, message.Subject));
            }

            Interlocked.Exchange(ref confirmed, MeshClock.Now(time));
            bool first = !ready;
            ready = true;
            if (moved || first) Publish();
            return (true, from);
        }
        catch (Exception error) when (error is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            if (error is NatsException && ready) LogMessages.RosterUnread(log, error.Message);
            return (false, from);
        }
    }

    private void Publish()
    {
        lock (gate) Peers = view.Peers();
        changed();
    }

    /// <summary>False when it is time to stop.</summary>
    private async Task<bool> PauseAsync(TimeSpan atMost)
    {
        Task woken;
        lock (gate) woken = wake.Task;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        await Task.WhenAny(woken, Task.Delay(atMost, time, over.Token));
        if (stop.IsCancellationRequested) return false;
        await over.CancelAsync();
        lock (gate)
        {
            if (wake.Task.IsCompleted) wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return true;
    }

    private static bool IsGenuine(NatsHeaders headers, EventDelivery delivery, string subject) =>
        Subjects.RosterStored(subject) is { } stored
        && StoredHeaders.Fit(headers.EachValue(), delivery, StreamCatalog.Roster, stored);
}
