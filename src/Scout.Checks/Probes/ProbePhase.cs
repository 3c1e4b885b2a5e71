namespace Scout.Checks.Probes;

/// <summary>The parts of an attempt, in the order in which they come.</summary>
public enum ProbePhase
{
    /// <summary>Name to address; absent when an address was given.</summary>
    Dns,
    Connect,
    Tls,
    /// <summary>Request written to first byte of the answer.</summary>
    FirstByte,
    /// <summary>First to last byte of the answer.</summary>
    Transfer,
}

/// <summary>How long each phase took. A phase not reached is absent, never 0.</summary>
public struct ProbePhases : IEquatable<ProbePhases>
{
    private const int Count = 5;

    private Times times;

    /// <summary>Null: not reached.</summary>
    public TimeSpan? this[ProbePhase phase]
    {
        // Stored one tick higher, so that all zeros is nothing reached.
        readonly get => times[(int)phase] is > 0 and long ticks ? new TimeSpan(ticks - 1) : null;
        set => times[(int)phase] = value is { } time ? Math.Max(0, time.Ticks) + 1 : 0;
    }

    /// <summary>The word in perfdata and options: <c>first_byte</c>.</summary>
    public static string Name(ProbePhase phase) => phase switch
    {
        ProbePhase.Dns => "dns",
        ProbePhase.Connect => "connect",
        ProbePhase.Tls => "tls",
        ProbePhase.FirstByte => "first_byte",
        _ => "transfer",
    };

    public readonly bool Equals(ProbePhases other)
    {
        for (int i = 0; i < Count; i++)
        {
            if (times[i] != other.times[i]) return false;
        }

        return true;
    }

    public override readonly bool Equals(object? obj) => obj is ProbePhases other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(times[0], times[1], times[2], times[3], times[4]);

    public static bool operator ==(ProbePhases left, ProbePhases right) => left.Equals(right);

    public static bool operator !=(ProbePhases left, ProbePhases right) => !left.Equals(right);

    [System.Runtime.CompilerServices.InlineArray(Count)]
    private struct Times
    {
        private long first;
    }
}
