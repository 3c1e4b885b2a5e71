namespace Scout.Server.Loop;

/// <summary>
/// Inputs for the loop, in order of arrival. What the house itself posts (ended runs, finished commits) always fits, because it answers something that
/// was bounded when it was begun; what comes from outside asks first with <see cref="TryPost"/>.
/// </summary>
internal sealed class Mailbox(TimeProvider time)
{
    /// <summary>Inputs from outside beyond this are refused (<c>busy</c>).</summary>
    public const int Limit = 4096;

    private readonly Lock gate = new();
    private readonly Bell bell = new();
    private readonly Queue<(Action<object?> Do, object? State)> items = new();
    private long sleepsUntil;
    private bool urgent;
    private bool closed;

    public int Count
    {
        get
        {
            lock (gate) return items.Count;
        }
    }

    public void Post(Action<object?> action, object? state)
    {
        if (Add(action, state, int.MaxValue, pressing: true)) Ring(TimeSpan.Zero);
    }

    /// <summary>Posts what nobody waits for: the loop is woken only if it would sleep longer than this.</summary>
    public void PostLazily(Action<object?> action, object? state, TimeSpan patience)
    {
        if (Add(action, state, int.MaxValue, pressing: false)) Ring(patience);
    }

    /// <summary>For inputs from outside; false when too many wait.</summary>
    public bool TryPost(Action<object?> action, object? state)
    {
        if (!Add(action, state, Limit, pressing: true)) return false;
        Ring(TimeSpan.Zero);
        return true;
    }

    public bool TryTake(out (Action<object?> Do, object? State) item)
    {
        lock (gate) return items.TryDequeue(out item);
    }

    /// <summary>Waits until there is something, or the time has passed.</summary>
    /// <param name="atMost">Sleeps no longer than this.</param>
    /// <param name="napping">Sleeps on although something lazy is there.</param>
    /// <returns>True when something is there that cannot wait.</returns>
    public bool Wait(TimeSpan atMost, bool napping)
    {
        lock (gate)
        {
            if (closed || urgent || atMost <= TimeSpan.Zero || (items.Count > 0 && !napping)) return TakeUrgent();
            Volatile.Write(ref sleepsUntil, time.GetTimestamp() + (long)(atMost.TotalSeconds * time.TimestampFrequency));
        }

        bell.Sleep(atMost);
        Volatile.Write(ref sleepsUntil, 0);
        lock (gate) return TakeUrgent();
    }

    public void Close()
    {
        lock (gate) closed = true;
        bell.Ring();
    }

    private bool TakeUrgent()
    {
        bool was = urgent;
        urgent = false;
        return was;
    }

    private bool Add(Action<object?> action, object? state, int limit, bool pressing)
    {
        lock (gate)
        {
            if (closed || items.Count >= limit) return false;
            items.Enqueue((action, state));
            urgent |= pressing;
            return true;
        }
    }

    // Zero: it is awake, and looks for inputs under the lock before it sleeps.
    private void Ring(TimeSpan patience)
    {
        long until = Volatile.Read(ref sleepsUntil);
        if (until != 0 && (patience == TimeSpan.Zero || time.GetElapsedTime(time.GetTimestamp(), until) > patience)) bell.Ring();
    }
}
