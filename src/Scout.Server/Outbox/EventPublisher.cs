using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Scout.Server.Store;

namespace Scout.Server.Outbox;

/// <summary>
/// Sends the outbox to the stream by the rules of nats.md section 12. One task owns all its state; answers, the connection and the store only leave
/// word and wake it.
/// </summary>
internal sealed class EventPublisher : IAsyncDisposable
{
    private const int SetAsideKept = 100;

    private static readonly TimeSpan RefusedPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(10);

    private readonly NodeStore store;
    private readonly IEventStream stream;
    private readonly EventPublisherOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Random random;
    private readonly PublishPace pace;
    private readonly ConcurrentQueue<Word> words = new();
    private readonly PriorityQueue<OutboxLane, long> resting = new();
    private readonly Dictionary<OutboxLane, int> failures = [];
    private readonly HashSet<long> secondIds = [];
    private readonly HashSet<string> statesTold = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<SetAsideEvent> aside = new();
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private readonly long epoch;
    private volatile string? refused;
    private long suspicious;
    private long resent;
    private bool statesRepeated = true;
    private long repeatAt = long.MaxValue;
    private long holdForReport = long.MinValue;
    private long nextReport = long.MinValue;

    public EventPublisher(NodeStore store, IEventStream stream, EventPublisherOptions options, TimeProvider time, ILogger log)
        : this(store, stream, options, time, log, start: true)
    {
    }

    private EventPublisher(NodeStore store, IEventStream stream, EventPublisherOptions options, TimeProvider time, ILogger log, bool start)
    {
        this.store = store;
        this.stream = stream;
        this.options = options;
        this.time = time;
        this.log = log;
        random = new Random(options.Seed);
        pace = new PublishPace(random);
        epoch = time.GetTimestamp();
        store.Outbox.Woken = Wake;
        running = start ? Task.Run(RunAsync) : Task.CompletedTask;
    }

    /// <summary>Why nothing is sent at the moment though the line is up (permission refused); null otherwise.</summary>
    public string? RefusedReason => refused;

    /// <summary>Events whose first attempt was answered as a duplicate.</summary>
    public long Suspicious => Interlocked.Read(ref suspicious);

    /// <summary>Attempts after the first.</summary>
    public long Resent => Interlocked.Read(ref resent);

    /// <summary>The last 100 events set aside, oldest first.</summary>
    public IReadOnlyList<SetAsideEvent> SetAside => [.. aside];

    private long Now => time.GetElapsedTime(epoch).Ticks;

    /// <summary>A publisher without a task: nothing happens but in <see cref="Step"/>. For tests in virtual time.</summary>
    internal static EventPublisher Idle(NodeStore store, IEventStream stream, EventPublisherOptions options, TimeProvider time, ILogger log) =>
        new(store, stream, options, time, log, start: false);

    /// <summary>The line is up (again).</summary>
    public void Connected() => Say(new Word(WordKind.Connected));

    /// <summary>The line is down.</summary>
    public void Disconnected() => Say(new Word(WordKind.Disconnected));

    /// <summary>Waits until the outbox is empty or the time is over, then stops sending.</summary>
    /// <returns>True when nothing is left.</returns>
    public async Task<bool> StopAsync(TimeSpan within)
    {
        long start = time.GetTimestamp();
        while (store.Outbox.Count > 0)
        {
            var left = within - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) break;
            await Task.Delay(left < TimeSpan.FromMilliseconds(20) ? left : TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        }

        await DisposeAsync();
        return store.Outbox.Count == 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (!stop.IsCancellationRequested) await stop.CancelAsync();
        await running;
    }

    /// <summary>Does what can be done now.</summary>
    /// <returns>When there is something to do next, from now; infinite when only word from outside can tell.</returns>
    internal TimeSpan Step()
    {
        while (words.TryDequeue(out var word)) Hear(word);
        long now = Now;
        while (resting.TryPeek(out var lane, out long due) && due <= now)
        {
            resting.Dequeue();
            store.Outbox.Free(lane);
        }

        Report(now);
        if (store.Outbox.HasReport) holdForReport = long.MinValue;
        bool waits = now < holdForReport;
        if (!waits) Send(now);
        RepeatStates(now);
        if (!words.IsEmpty) return TimeSpan.Zero;
        long next = long.MaxValue;
        if (pace.Up)
        {
            if (pace.PausedUntil > now) next = pace.PausedUntil;
            if (waits) next = Math.Min(next, holdForReport);
            next = Math.Min(next, repeatAt);
            if (store.Outbox.HasDrops) next = Math.Min(next, Math.Max(nextReport, now + TimeSpan.TicksPerMillisecond));
            if (resting.TryPeek(out _, out long due)) next = Math.Min(next, due);
        }

        return next == long.MaxValue ? Timeout.InfiniteTimeSpan : new TimeSpan(Math.Max(0, next - now));
    }

    private void Hear(Word word)
    {
        switch (word.Kind)
        {
            case WordKind.Connected:
                pace.Connected();
                refused = null;
                failures.Clear();
                while (resting.TryDequeue(out var lane, out _)) store.Outbox.Free(lane);
                statesTold.Clear();
                statesRepeated = false;
                repeatAt = long.MaxValue;
                nextReport = long.MinValue;
                if (store.Outbox.HasDrops) holdForReport = Now + ReportPatience.Ticks;
                break;
            case WordKind.Disconnected:
                pace.Disconnected();
                repeatAt = long.MaxValue;
                break;
            default:
                pace.Answered();
                Answer(word.Entry!, word.Event!, word.Answer);
                break;
        }
    }

    private void Answer(OutboxEntry entry, StoredEvent item, PublishAnswer answer)
    {
        if (answer.Result == PublishResult.Stored && answer.Stream != item.Stream)
        {
            answer = new PublishAnswer(PublishResult.Temporary, Reason: $"{answer.Stream} answered in place of {item.Stream}");
        }

        switch (answer.Result)
        {
            case PublishResult.Stored:
                Stored(entry, item, answer.Duplicate);
                break;
            case PublishResult.Permanent:
                pace.Succeeded();
                OutboxLog.SetAside(log, item.Id.ToString(), item.Subject, answer.Reason);
                aside.Enqueue(new SetAsideEvent(item, answer.Reason));
                while (aside.Count > SetAsideKept) aside.TryDequeue(out _);
                Forget(entry);
                store.SetAside(entry, answer.Reason, Written(entry.Lane));
                break;
            case PublishResult.Refused:
                if (refused is null) OutboxLog.Refused(log, answer.Reason);
                refused = answer.Reason;
                pace.Pause(RefusedPause, Now);
                store.Outbox.Free(entry.Lane);
                break;
            case PublishResult.Temporary:
                Rest(entry.Lane, answer.Reason);
                break;
            case PublishResult.Disconnected:
                // The line is down though nobody said so yet: no storm of attempts until then.
                if (pace.Up) pace.Pause(TimeSpan.FromMilliseconds(250), Now);
                store.Outbox.Free(entry.Lane);
                break;
            default:
                pace.Halve();
                store.Outbox.Free(entry.Lane);
                break;
        }
    }

    private void Stored(OutboxEntry entry, StoredEvent item, bool duplicate)
    {
        pace.Succeeded();
        if (refused is not null) refused = null;
        if (duplicate && entry is { Attempts: 1, FromJournal: false } && secondIds.Add(entry.Sequence))
        {
            Interlocked.Increment(ref suspicious);
            OutboxLog.Suspicious(log, item.Id.ToString(), item.Subject);
            store.Outbox.Free(entry.Lane);
            return;
        }

        Forget(entry);
        if (item.Kind == EventKind.State && !statesRepeated) statesTold.Add(item.Machine);
        store.Acknowledge(entry, Written(entry.Lane));
    }

    private void Rest(OutboxLane lane, string reason)
    {
        long now = Now;
        int before = failures.GetValueOrDefault(lane);
        failures[lane] = before + 1;
        bool paused = pace.PausedUntil > now;
        long due = now + pace.Failed(before, now).Ticks;
        if (!paused && pace.PausedUntil > now) OutboxLog.Paused(log, reason);
        resting.Enqueue(lane, due);
    }

    private void Forget(OutboxEntry entry)
    {
        failures.Remove(entry.Lane);
        secondIds.Remove(entry.Sequence);
    }

    /// <summary>The lane goes on when the journal has the acknowledgement: a crash then repeats at most one event of it.</summary>
    private Action Written(OutboxLane lane) => () =>
    {
        store.Outbox.Free(lane);
        Wake();
    };

    private void Send(long now)
    {
        while (pace.Room(now) > 0 && store.Outbox.Take() is { } entry)
        {
            if (store.Load(entry) is not { } item)
            {
                store.Outbox.Free(entry.Lane);
                continue;
            }

            if (entry.Attempts > 1) Interlocked.Increment(ref resent);
            pace.Sent();
            string id = item.Id.ToString();
            _ = PublishAsync(entry, item, secondIds.Contains(entry.Sequence) ? id + ".1" : id);
        }
    }

    private async Task PublishAsync(OutboxEntry entry, StoredEvent item, string messageId)
    {
        PublishAnswer answer;
        try
        {
            answer = await stream.PublishAsync(item, messageId, stop.Token);
        }
        catch (OperationCanceledException)
        {
            answer = new PublishAnswer(PublishResult.Disconnected, Reason: "stopping");
        }
        catch (Exception error)
        {
            OutboxLog.Broken(log, error.ToString());
            answer = new PublishAnswer(PublishResult.Temporary, Reason: error.Message);
        }

        Say(new Word(WordKind.Answer, entry, item, answer));
    }

    private void Report(long now)
    {
        if (!pace.Up || now < nextReport || !store.Outbox.HasDrops) return;
        nextReport = now + ReportEvery.Ticks;
        options.ReportDrops();
    }

    private void RepeatStates(long now)
    {
        if (statesRepeated || !pace.Up) return;
        if (repeatAt == long.MaxValue && store.Outbox.Count == 0) repeatAt = now + (long)(random.NextDouble() * 10 * options.ReconnectSpread.Ticks);
        if (now < repeatAt) return;
        statesRepeated = true;
        repeatAt = long.MaxValue;
        options.RepeatStates(new HashSet<string>(statesTold, StringComparer.Ordinal));
        statesTold.Clear();
    }

    private void Say(Word word)
    {
        words.Enqueue(word);
        Wake();
    }

    private void Wake()
    {
        try
        {
            if (wake.CurrentCount == 0) wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it in this moment.
        }
    }

    private async Task RunAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var wait = Step();
                if (wait == TimeSpan.Zero) continue;
                await WaitAsync(wait);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error)
            {
                OutboxLog.Broken(log, error.ToString());
                await WaitAsync(TimeSpan.FromSeconds(1));
            }
        }
    }

    private async Task WaitAsync(TimeSpan wait)
    {
        if (wait == Timeout.InfiniteTimeSpan)
        {
            await wake.WaitAsync(stop.Token);
            return;
        }

        // Rounded up, or the last fraction of a millisecond is spent turning.
        using var alarm = time.CreateTimer(static state => ((EventPublisher)state!).Wake(), this, wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        await wake.WaitAsync(stop.Token);
    }

    private enum WordKind
    {
        Connected,
        Disconnected,
        Answer,
    }

    private readonly record struct Word(WordKind Kind, OutboxEntry? Entry = null, StoredEvent? Event = null, PublishAnswer Answer = default);
}
