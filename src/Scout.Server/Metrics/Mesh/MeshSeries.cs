namespace Scout.Server.Metrics.Mesh;

/// <summary>
/// One rendering of the mesh: puts the constant labels <c>node</c>, <c>zone</c> (and <c>plane</c>) on every series and counts them. Series of peers come
/// last and only while there is room; whoever has no room is counted.
/// </summary>
internal sealed class MeshSeries(ExpositionWriter writer, string zone, string plane, int limit)
{
    public int Shown { get; private set; }

    /// <summary>Of the series that follow; empty: there is one plane only.</summary>
    public string Plane { get; set; } = plane;

    public long Dropped { get; private set; }

    /// <summary>Takes room for so many series, all or none.</summary>
    public bool Take(int count)
    {
        if (Shown + count > limit)
        {
            Dropped += count;
            return false;
        }

        Shown += count;
        return true;
    }

    public void Begin(string suffix = "")
    {
        writer.Begin(suffix);
        writer.Label("zone", zone);
        if (Plane.Length > 0) writer.Label("plane", Plane);
    }

    /// <summary>A gauge with one series.</summary>
    public void Gauge(string name, string help, double value)
    {
        writer.Gauge(name, help, always: true);
        One(value);
    }

    /// <summary>A counter with one series.</summary>
    public void Counter(string name, string help, double value)
    {
        writer.Counter(name, help, always: true);
        One(value);
    }

    /// <summary>A series of the open family with these labels.</summary>
    public void Add(double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        Begin();
        foreach ((string name, string text) in labels) writer.Label(name, text);
        writer.Value(value);
    }

    private void One(double value)
    {
        Shown++;
        Begin();
        writer.Value(value);
    }
}
