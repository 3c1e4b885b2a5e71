using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Scout.Nats.Protocol;

namespace Scout.Nats;

/// <summary>
/// The headers of a message, in the order they were added. Names may repeat; case is kept when sent and ignored when read.
/// </summary>
public sealed class NatsHeaders : IEnumerable<KeyValuePair<string, NatsHeaderValues>>
{
    private readonly List<(string Name, string Value)> pairs = [];

    /// <summary>The status code of a message from the server, such as 503, or 0.</summary>
    public int Code { get; internal set; }

    /// <summary>The description beside <see cref="Code"/>.</summary>
    public string MessageText { get; internal set; } = "";

    /// <summary>How many name and value pairs there are.</summary>
    public int Count => pairs.Count;

    /// <summary>The names, each once, as first written.</summary>
    public IEnumerable<string> Keys => pairs.Select(pair => pair.Name).Distinct(StringComparer.OrdinalIgnoreCase);

    internal List<(string Name, string Value)> Pairs => pairs;

    /// <summary>The status is the server's own: on a stored message it is whatever its publisher wrote there.</summary>
    internal bool IsStatus(int code) => Code == code && !ContainsKey("Nats-Sequence");

    /// <summary>Every value of a name, empty when it is absent. Setting replaces all of them.</summary>
    /// <exception cref="ArgumentException">The name is not printable ASCII without a colon, or a value has CR, LF or NUL.</exception>
    public NatsHeaderValues this[string key]
    {
        get => TryGetValue(key, out NatsHeaderValues values) ? values : default;
        set
        {
            Remove(key);
            foreach (string one in value) Add(key, one);
        }
    }

    /// <summary>Adds a value, also beside others of the same name.</summary>
    /// <exception cref="ArgumentException">The name is not printable ASCII without a colon, or the value has CR, LF or NUL.</exception>
    public void Add(string key, string value)
    {
        HeaderText.ThrowUnlessName(key);
        HeaderText.ThrowUnlessValue(value);
        pairs.Add((key, value));
    }

    public bool Remove(string key) => pairs.RemoveAll(pair => Same(pair.Name, key)) > 0;

    public bool ContainsKey(string key) => pairs.Exists(pair => Same(pair.Name, key));

    public bool TryGetValue(string key, out NatsHeaderValues values)
    {
        string? first = null;
        List<string>? all = null;
        foreach ((string name, string value) in pairs)
        {
            if (!Same(name, key)) continue;
            if (first is null) first = value;
            else (all ??= [first]).Add(value);
        }

        values = all is not null ? new NatsHeaderValues([.. all]) : new NatsHeaderValues(first);
        return first is not null;
    }

    /// <summary>The last value of a name: the one that counts where only one is expected.</summary>
    public bool TryGetLastValue(string key, [NotNullWhen(true)] out string? value)
    {
        for (int i = pairs.Count - 1; i >= 0; i--)
        {
            if (!Same(pairs[i].Name, key)) continue;
            value = pairs[i].Value;
            return true;
        }

        value = null;
        return false;
    }

    public IEnumerator<KeyValuePair<string, NatsHeaderValues>> GetEnumerator()
    {
        foreach (string key in Keys) yield return new KeyValuePair<string, NatsHeaderValues>(key, this[key]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Each value with its name, in order: a name that is there twice comes twice.</summary>
    public IEnumerable<KeyValuePair<string, string>> EachValue()
    {
        foreach ((string name, string value) in pairs) yield return new KeyValuePair<string, string>(name, value);
    }

    internal void AddRaw(string name, string value) => pairs.Add((name, value));

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
