namespace Scout.Server.Metrics;

/// <summary>A counter with one label of a closed list, so that all its series exist from the start. Any thread may add.</summary>
internal sealed class LabelledCounter(params string[] values)
{
    private readonly long[] counts = new long[values.Length];

    public IReadOnlyList<string> Values => values;

    /// <summary>An unknown value counts as the last one of the list.</summary>
    public void Add(string value, long by = 1)
    {
        int place = Array.IndexOf(values, value);
        Interlocked.Add(ref counts[place < 0 ? values.Length - 1 : place], by);
    }

    public long this[int place] => Interlocked.Read(ref counts[place]);

    public long this[string value] => Interlocked.Read(ref counts[Array.IndexOf(values, value)]);
}
