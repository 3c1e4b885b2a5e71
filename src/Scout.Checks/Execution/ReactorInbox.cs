namespace Scout.Checks.Execution;

/// <summary>What other threads tell the reactor.</summary>
internal enum InboxKind
{
    /// <summary>A spawner has started the run, or could not.</summary>
    Back,
    /// <summary>A spawner that was written off has come back after all.</summary>
    Late,
    /// <summary>The exit of the run cannot be waited for: it has to be asked.</summary>
    Poll,
    Cancel,
    Stop,
}

/// <summary>The reactor's letter box: two lists that change places, so nothing is allocated in the long run.</summary>
internal sealed class ReactorInbox
{
    private readonly Lock gate = new();
    private List<(InboxKind Kind, PluginRun? Run)> filling = new(64);
    private List<(InboxKind Kind, PluginRun? Run)> taken = new(64);
    private bool closed;
    private volatile bool any;

    public bool Any => any;

    /// <summary>False once the reactor has ended.</summary>
    public bool Post(InboxKind kind, PluginRun? run)
    {
        lock (gate)
        {
            if (closed) return false;
            filling.Add((kind, run));
            any = true;
            return true;
        }
    }

    /// <summary>Everything that came since the last call; valid until the next.</summary>
    public List<(InboxKind Kind, PluginRun? Run)> Take()
    {
        taken.Clear();
        if (!any) return taken;
        lock (gate)
        {
            (filling, taken) = (taken, filling);
            any = false;
        }

        return taken;
    }

    /// <summary>Closes it if it is empty.</summary>
    public bool TryClose()
    {
        lock (gate)
        {
            if (filling.Count > 0) return false;
            closed = true;
            return true;
        }
    }
}
