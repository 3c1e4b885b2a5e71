namespace Scout.Server.Loop;

/// <summary>
/// Inputs for the loop, in order of arrival. What the house itself posts (ended runs, finished commits) always fits, because it answers something that
/// was bounded when it was begun; what comes from outside asks first with <see cref="TryPost"/>.
/// </summary>
internal sealed class Mailbox
{
    /// <summary>Inputs from outside beyond this are refused (<c>busy</c>).</summary>
    public const int Limit = 4096;

    private readonly object gate = new();
    private readonly Queue<(Action<object?> Do, object? State)> items = new();
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
        lock (gate)
        {
            if (closed) return;
            items.Enqueue((action, state));
            if (items.Count == 1) Monitor.Pulse(gate);
        }
    }

    public bool TryPost(Action<object?> action, object? state)
    {
        lock (gate)
        {
            if (closed || items.Count >= Limit) return false;
            items.Enqueue((action, state));
            if (items.Count == 1) Monitor.Pulse(gate);
            return true;
        }
    }

    public bool TryTake(out (Action<object?> Do, object? State) item)
    {
        lock (gate) return items.TryDequeue(out item);
    }

    /// <summary>Waits until there is something, or the time has passed.</summary>
    public void Wait(TimeSpan atMost)
    {
        lock (gate)
        {
            if (items.Count == 0 && !closed && atMost > TimeSpan.Zero) Monitor.Wait(gate, atMost);
        }
    }

    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }
}
