namespace Scout.Server.Loop;

/// <summary>
/// The one thread on which machines live (design.md section 2): takes inputs from its mailbox, asks for what is due, and does the node's own periodic
/// work. <see cref="Turn"/> is one round of it, which tests call in virtual time.
/// </summary>
internal sealed class NodeLoop(TimeProvider time)
{
    // So many inputs are taken before due times are looked at again.
    private const int Burst = 256;

    // Checks that fall due within this time share a wake-up of the loop and of everything behind it, which costs more than the checks themselves:
    // waiting for the one after next halves the CPU of a node with a hundred checks a second. What people and finished runs post wakes it at once.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(20);

    // The pulse: a loop without work still turns so often.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly Mailbox mailbox = new();
    private readonly List<Chore> chores = [];
    private Thread? thread;
    private Func<long> nextDue = static () => long.MaxValue;
    private Action tick = static () => { };
    private volatile bool stopped;

    /// <summary>Called at each turn, on the loop.</summary>
    public Action Turned { get; set; } = static () => { };

    /// <summary>What the loop dies of; it never goes on with half a step.</summary>
    public Action<Exception> Failed { get; set; } = static _ => { };

    public int Queue => mailbox.Count;

    public DateTimeOffset LastTick { get; private set; }

    /// <summary>Whose due times to keep.</summary>
    public void Drive(Func<long> due, Action whatIsDue)
    {
        nextDue = due;
        tick = whatIsDue;
    }

    /// <summary>Does something again and again, on the loop. Before the thread starts, or on the loop.</summary>
    public void Every(TimeSpan period, Action action, TimeSpan? first = null) =>
        chores.Add(new Chore(period, action) { Next = time.GetTimestamp() + Ticks(first ?? period) });

    public void Post(Action<object?> action, object? state = null) => mailbox.Post(action, state);

    public void Post(Action action) => mailbox.Post(static state => ((Action)state!)(), action);

    /// <summary>For inputs from outside; false when too many wait.</summary>
    public bool TryPost(Action action) => mailbox.TryPost(static state => ((Action)state!)(), action);

    /// <summary>Asks the loop for something and waits for the answer off the loop.</summary>
    public Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        mailbox.Post(
            static state =>
            {
                var (ask, result) = ((Func<T>, TaskCompletionSource<T>))state!;
                try
                {
                    result.SetResult(ask());
                }
                catch (Exception error)
                {
                    result.SetException(error);
                    throw;
                }
            },
            (question, answer));
        return answer.Task;
    }

    public void Start()
    {
        thread = new Thread(Run) { Name = "scout-loop", IsBackground = true };
        thread.Start();
    }

    /// <summary>Ends the thread after the turn it is in.</summary>
    public void Stop()
    {
        stopped = true;
        mailbox.Close();
        if (thread is not null && thread != Thread.CurrentThread) thread.Join(TimeSpan.FromSeconds(5));
    }

    /// <summary>One round: what waits, what is due, the chores. Returns the monotonic timestamp of the next thing to do.</summary>
    public long Turn()
    {
        LastTick = time.GetUtcNow();
        Turned();
        for (int i = 0; i < Burst && mailbox.TryTake(out var item); i++) item.Do(item.State);
        long now = time.GetTimestamp();
        if (nextDue() <= now) tick();
        long next = nextDue();
        foreach (Chore chore in chores)
        {
            if (chore.Next <= now)
            {
                // Never made up: a host that slept an hour does it once.
                chore.Next = now + Ticks(chore.Period);
                chore.Action();
            }

            next = Math.Min(next, chore.Next);
        }

        return mailbox.Count > 0 ? now : next;
    }

    private void Run()
    {
        try
        {
            while (!stopped)
            {
                long next = Turn();
                long now = time.GetTimestamp();
                if (next > now) mailbox.Wait(Until(now, next));
            }
        }
        catch (Exception error)
        {
            // A defect in a step must not be stepped over: what is in memory can no longer be trusted. The node ends (exit 1) and starts again from its store.
            Failed(error);
        }
    }

    private TimeSpan Until(long now, long next)
    {
        if (next - now > Ticks(LongestWait)) return LongestWait;
        // Monitor waits in whole milliseconds: round up, or the last one is spun away.
        return TimeSpan.FromMilliseconds(Math.Ceiling(time.GetElapsedTime(now, next).TotalMilliseconds)) + Slack;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class Chore(TimeSpan period, Action action)
    {
        public TimeSpan Period => period;

        public Action Action => action;

        public long Next { get; set; }
    }
}
