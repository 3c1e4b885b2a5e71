using System.Globalization;

namespace Scout.Protocol;

/// <summary>
/// Place of an event among all of its node: <c>&lt;epoch&gt;.&lt;counter&gt;</c>, 10 and 12 digits, so that it sorts as text (nats.md 12). The epoch is the Unix second
/// in which the node's store was created; a new one means a new store. The counter has no holes at the source.
/// </summary>
public readonly record struct EventSequence(long Epoch, long Counter) : IComparable<EventSequence>
{
    /// <summary>Length of the text.</summary>
    public const int Length = 23;

    private const long MaxEpoch = 9_999_999_999;
    private const long MaxCounter = 999_999_999_999;

    /// <summary>The one after it, in the same epoch.</summary>
    public EventSequence Next => this with { Counter = Counter + 1 };

    public static bool operator <(EventSequence left, EventSequence right) => left.CompareTo(right) < 0;

    public static bool operator >(EventSequence left, EventSequence right) => left.CompareTo(right) > 0;

    public static bool operator <=(EventSequence left, EventSequence right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EventSequence left, EventSequence right) => left.CompareTo(right) >= 0;

    /// <summary>Exactly 10 digits, a dot, 12 digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EventSequence sequence)
    {
        sequence = default;
        if (text.Length != Length || text[10] != '.') return false;
        if (!long.TryParse(text[..10], NumberStyles.None, CultureInfo.InvariantCulture, out long epoch)) return false;
        if (!long.TryParse(text[11..], NumberStyles.None, CultureInfo.InvariantCulture, out long counter)) return false;
        sequence = new EventSequence(epoch, counter);
        return true;
    }

    public int CompareTo(EventSequence other) => Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Counter.CompareTo(other.Counter);

    /// <summary>Writes the text; <paramref name="destination"/> has room for <see cref="Length"/>.</summary>
    /// <exception cref="InvalidOperationException">A part is out of its digits.</exception>
    public void Format(Span<char> destination)
    {
        if (Epoch is < 0 or > MaxEpoch || Counter is < 0 or > MaxCounter) throw new InvalidOperationException($"sequence {Epoch}, {Counter} does not fit its digits");
        Epoch.TryFormat(destination, out _, "D10", CultureInfo.InvariantCulture);
        destination[10] = '.';
        Counter.TryFormat(destination[11..], out _, "D12", CultureInfo.InvariantCulture);
    }

    public override string ToString() => string.Create(Length, this, static (span, sequence) => sequence.Format(span));
}
