using System.Globalization;

namespace Scout.Broker.Supervision;

/// <summary>Version of a nats-server; suffixes such as <c>-RC.1</c> are left out.</summary>
internal readonly record struct NatsServerVersion(int Major, int Minor, int Patch) : IComparable<NatsServerVersion>
{
    /// <summary>The oldest we support: what Debian 12 ships.</summary>
    public static NatsServerVersion Oldest { get; } = new(2, 9, 10);

    public bool IsAtLeast(int major, int minor) => Major != major ? Major > major : Minor >= minor;

    /// <summary>Reads <c>2.9.10</c>, <c>v2.9.10</c>, <c>nats-server: v2.10.27-RC.1</c>.</summary>
    public static bool TryParse(string text, out NatsServerVersion version)
    {
        version = default;
        string bare = text.Trim();
        bare = bare[(bare.LastIndexOf(' ') + 1)..].TrimStart('v');
        bare = string.Concat(bare.TakeWhile(static c => char.IsAsciiDigit(c) || c == '.'));
        string[] parts = bare.Split('.');
        if (parts.Length != 3) return false;
        if (!Number(parts[0], out int major) || !Number(parts[1], out int minor) || !Number(parts[2], out int patch)) return false;
        version = new NatsServerVersion(major, minor, patch);
        return true;
    }

    public int CompareTo(NatsServerVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    public static bool operator <(NatsServerVersion left, NatsServerVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(NatsServerVersion left, NatsServerVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(NatsServerVersion left, NatsServerVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(NatsServerVersion left, NatsServerVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");

    private static bool Number(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
