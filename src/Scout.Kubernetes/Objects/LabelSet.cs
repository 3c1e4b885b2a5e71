namespace Scout.Kubernetes;

/// <summary>A few labels or annotations of an object: those that somebody wanted.</summary>
public sealed class LabelSet
{
    public static readonly LabelSet None = new([]);
    private readonly ImmutableArray<KeyValuePair<string, string>> pairs;

    internal LabelSet(ImmutableArray<KeyValuePair<string, string>> pairs) => this.pairs = pairs;

    /// <summary>All of them, in the order of the object.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Pairs => pairs;

    /// <summary>The value of a label; null when the object has none.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (KeyValuePair<string, string> pair in pairs)
            {
                if (pair.Key == name) return pair.Value;
            }

            return null;
        }
    }

    public override string ToString() => string.Join(',', pairs.Select(pair => $"{pair.Key}={pair.Value}"));
}
