using Scout.Checks.Probes.Options;

namespace Scout.Checks.Probes;

/// <summary>One kind of probe: its options as data, and how to read them.</summary>
public sealed class ProbeKind
{
    public required string Name { get; init; }

    /// <summary>One sentence for help, without a full stop.</summary>
    public required string Summary { get; init; }

    /// <summary>For messages: <c>{ host: db1, port: 5432 }</c>.</summary>
    public required string Example { get; init; }

    /// <summary>How the object that may stand alone on a command line is called: <c>HOST:PORT</c>.</summary>
    public required string ObjectName { get; init; }

    /// <summary>In the order of help and canonical form.</summary>
    public required IReadOnlyList<OptionInfo> Options { get; init; }

    /// <summary>The outcomes of <c>expect</c>, the usual one first.</summary>
    public required IReadOnlyList<ProbeExpect> Outcomes { get; init; }

    /// <summary>For help: what to write behind <c>scout probe KIND</c>, and what it does.</summary>
    public required IReadOnlyList<(string Line, string What)> CommandLines { get; init; }

    /// <summary>The object of a command line as options: <c>db1:5432</c> is host and port.</summary>
    public required Func<string, IReadOnlyList<KeyValuePair<string, string>>> Object { get; init; }

    /// <summary>Reads the options of the mapping; null after an error.</summary>
    internal Func<OptionReader, ProbeDefaults, ProbeOptions?> Read { get; init; } = static (_, _) => null;

    /// <summary><c>host</c>, and <c>port</c> when there is one.</summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> HostAndPort(string text)
    {
        (string host, string? port) = HostText.Split(text);
        return port is null ? [new("host", host)] : [new("host", host), new("port", port)];
    }

    /// <summary>The object is one option.</summary>
    internal static Func<string, IReadOnlyList<KeyValuePair<string, string>>> One(string option) => text => [new(option, text)];
}
