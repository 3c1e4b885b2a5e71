namespace Scout.Server.Loop;

/// <summary>
/// The one thread on which machines live (design.md section 2): takes inputs from its mailbox, asks for what is due, and does the node's own periodic
/// work. <see cref="Turn"/> is one round of it, which tests call in virtual time.
/// </summary>
internal sealed class NodeLoop(TimeProvider time)
{
    // So many inputs are taken before due times are looked at again.
    private const int Burst = 256;

    // Checks that fall due within this time share a wake-up of the loop and of everything behind it, which costs more than the checks themselves
    // (docs/performance.md). A due check may be 50 ms late (machines.md 13). What people post wakes the loop at once.
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(40);

    // After something fell due the loop comes back so soon for what ended quickly, so that no end of a run needs to wake it; what lasts longer does.
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(10);

    // What is posted lazily waits for a loop that wakes by itself within this time.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    // The pulse: a loop without work still turns so often.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly Mailbox mailbox = new(time);
    private readonly List<Chore> chores = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? thread;
    private Func<long> nextDue = static () => long.MaxValue;
    private Action tick = static () => { };
    private volatile bool stopped;
    private bool ticked;

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

    /// <summary>Posts what nobody waits for: it may wait 20 ms, to share a wake-up with others.</summary>
    public void PostLazily(Action<object?> action, object? state) => mailbox.PostLazily(action, state, Patience);

    /// <summary>For inputs from outside; false when too many wait.</summary>
    public bool TryPost(Action action) => mailbox.TryPost(static state => ((Action)state!)(), action);

    /// <summary>Asks the loop for something and waits for the answer off the loop.</summary>
    /// <exception cref="OperationCanceledException">The loop has ended, or ends before it comes to that.</exception>
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
        return OrEndAsync(answer.Task);
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
        ended.TrySetResult();
    }

    /// <summary>One round: what waits, what is due, the chores. Returns the monotonic timestamp of the next thing to do.</summary>
    public long Turn()
    {
        LastTick = time.GetUtcNow();
        Turned();
        TakeMail();
        long now = time.GetTimestamp();
        ticked = nextDue() <= now;
        if (ticked) tick();
        foreach (Chore chore in chores)
        {
            if (chore.Next > now) continue;
            // Never made up: a host that slept an hour does it once.
            chore.Next = now + Ticks(chore.Period);
            chore.Action();
        }

        return mailbox.Count > 0 ? now : Next();
    }

    private void TakeMail()
    {
        for (int i = 0; i < Burst && mailbox.TryTake(out var item); i++) item.Do(item.State);
    }

    private long Next()
    {
        long next = nextDue();
        foreach (Chore chore in chores) next = Math.Min(next, chore.Next);
        return next;
    }

    private void Run()
    {
        try
        {
            while (!stopped)
            {
                long next = Turn();
                long latest = time.GetTimestamp() + Ticks(LongestWait);
                while (Sleep(Math.Min(next == long.MaxValue ? next : next + Ticks(Slack), latest)))
                {
                    TakeMail();
                    next = Next();
                }
            }
        }
        catch (Exception error)
        {
            // A defect in a step must not be stepped over: what is in memory can no longer be trusted. The node ends (exit 1) and starts again from its store.
            Failed(error);
            ended.TrySetResult();
        }
    }

    private async Task<T> OrEndAsync<T>(Task<T> answer)
    {
        await Task.WhenAny(answer, ended.Task);
        return answer.IsCompleted ? await answer : throw new OperationCanceledException("the loop has ended");
    }

    /// <summary>Sleeps until the next turn, or for a nap. True: only what was posted lazily is to be taken, and then it sleeps on.</summary>
    private bool Sleep(long until)
    {
        long now = time.GetTimestamp();
        if (until <= now || stopped) return false;
        TimeSpan rest = time.GetElapsedTime(now, until);
        bool nap = ticked && rest > Nap;
        ticked = false;
        return !mailbox.Wait(nap ? Nap : rest, nap) && !stopped && time.GetTimestamp() < until;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class Chore(TimeSpan period, Action action)
    {
        public TimeSpan Period => period;

        public Action Action => action;

        public long Next { get; set; }
    }
}
