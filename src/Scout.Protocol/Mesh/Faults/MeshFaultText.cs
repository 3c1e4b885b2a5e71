namespace Scout.Protocol.Mesh;

/// <summary>A fault in a few words, the same in events, on the terminal and in the output of a check.</summary>
public static class MeshFaultText
{
    /// <param name="kind">What is blamed.</param>
    /// <param name="component">As in <see cref="MeshFault.Component"/>.</param>
    /// <param name="direction">On which way.</param>
    /// <param name="trouble">What is wrong.</param>
    public static string Describe(MeshFaultKind kind, string component, MeshFaultDirection direction, MeshFaultTrouble trouble)
    {
        int slash = component.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? component : component[..slash];
        string second = slash < 0 ? component : component[(slash + 1)..];
        if (kind == MeshFaultKind.BrokerLink) return $"node {first} cannot reach the broker";
        string what = trouble switch
        {
            MeshFaultTrouble.Down => " down",
            MeshFaultTrouble.Slow => " slow",
            MeshFaultTrouble.Mtu => " mtu",
            _ => "",
        };
        return kind switch
        {
            MeshFaultKind.Node => $"node {first}{what}{Way(direction)}",
            MeshFaultKind.Zone => $"zone {first} isolated{what}{Way(direction)}",
            MeshFaultKind.Pair => Between("", first, second, direction) + what,
            _ when first == second => $"zone {first} inside{what}",
            _ => Between("zone ", first, second, direction) + what,
        };
    }

    private static string Way(MeshFaultDirection direction) => direction switch
    {
        MeshFaultDirection.Egress => " egress",
        MeshFaultDirection.Ingress => " ingress",
        _ => "",
    };

    private static string Between(string word, string first, string second, MeshFaultDirection direction) => direction switch
    {
        MeshFaultDirection.Forward => $"{word}{first} to {word}{second}",
        MeshFaultDirection.Reverse => $"{word}{second} to {word}{first}",
        _ => $"between {word}{first} and {word}{second}",
    };
}
