using Scout.Testing;

namespace Scout.Kubernetes.Tests;

/// <summary>
/// Runs everything that awaits on one thread, and moves virtual time only when nothing is left to do. What a test sees is therefore the same on any machine, however slow.
/// </summary>
internal sealed class VirtualLoop(ManualTime time) : SynchronizationContext
{
    /// <summary>Steps after which a test is called endless.</summary>
    private const int MostSteps = 5_000_000;

    private readonly Lock gate = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = new();
    private readonly int thread = Environment.CurrentManagedThreadId;

    /// <summary>Continuations that came from another thread: none, or time may have moved too soon.</summary>
    public int Foreign { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (gate)
        {
            if (Environment.CurrentManagedThreadId != thread) Foreign++;
            queue.Enqueue((d, state));
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <summary>Runs something with this loop as its context.</summary>
    public void Do(Action action)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
            Drain();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs until the condition holds; fails when it does not within so much virtual time.</summary>
    public void Until(string what, Func<bool> condition, TimeSpan within, Func<string> seen) => Do(() =>
    {
        long start = time.GetTimestamp();
        for (int step = 0; step < MostSteps; step++)
        {
            Drain();
            if (condition()) return;
            TimeSpan left = within - time.GetElapsedTime(start);
            TimeSpan? next = time.UntilNext;
            if (left <= TimeSpan.Zero || next is null || next > left) break;
            time.Advance(next.Value);
        }

        throw new TimeoutException($"{what}: not within {within}. Seen instead: {seen()}");
    });

    /// <summary>Runs for so much virtual time.</summary>
    public void For(TimeSpan span) => Do(() =>
    {
        long start = time.GetTimestamp();
        while (true)
        {
            Drain();
            TimeSpan left = span - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return;
            time.Advance(time.UntilNext is { } next && next < left ? next : left);
        }
    });

    private void Drain()
    {
        while (true)
        {
            (SendOrPostCallback Callback, object? State) next;
            lock (gate)
            {
                if (!queue.TryDequeue(out next)) return;
            }

            next.Callback(next.State);
        }
    }
}
