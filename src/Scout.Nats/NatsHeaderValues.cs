using System.Collections;

namespace Scout.Nats;

/// <summary>The values of one header name: none, one or several. Converts from and to text.</summary>
public readonly struct NatsHeaderValues : IReadOnlyList<string>, IEquatable<NatsHeaderValues>
{
    private readonly object? values;

    public NatsHeaderValues(string? value) => values = value;

    public NatsHeaderValues(string[] all) => values = all;

    public int Count => values switch { null => 0, string => 1, string[] all => all.Length, _ => 0 };

    public string this[int index] => values switch
    {
        string one when index == 0 => one,
        string[] all => all[index],
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public static implicit operator NatsHeaderValues(string? value) => new(value);

    public static implicit operator NatsHeaderValues(string[] all) => new(all);

    public static implicit operator string?(NatsHeaderValues values) => values.Count == 0 ? null : values.ToString();

    public static bool operator ==(NatsHeaderValues left, NatsHeaderValues right) => left.Equals(right);

    public static bool operator !=(NatsHeaderValues left, NatsHeaderValues right) => !left.Equals(right);

    public string[] ToArray() => values switch { null => [], string one => [one], string[] all => all, _ => [] };

    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool Equals(NatsHeaderValues other) => ToArray().AsSpan().SequenceEqual(other.ToArray());

    public override bool Equals(object? obj) => obj is NatsHeaderValues other && Equals(other);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The values joined by a comma, empty when there are none.</summary>
    public override string ToString() => values switch { string one => one, string[] all => string.Join(',', all), _ => "" };
}
