using System.Text.Json.Serialization;

namespace Scout.Protocol.Mesh;

/// <summary>How sure it is, and whether it is over.</summary>
[JsonConverter(typeof(MeshFaultStateConverter))]
public enum MeshFaultState
{
    /// <summary>In the last verdict.</summary>
    Suspect,

    /// <summary>In 9 of the last 10 verdicts, and no witness objects.</summary>
    Confirmed,

    /// <summary>Still there, but another component, direction or kind of trouble. In events only: a document says suspect, confirmed or cleared.</summary>
    Changed,

    Cleared,
}

/// <summary>What is blamed.</summary>
[JsonConverter(typeof(MeshFaultKindConverter))]
public enum MeshFaultKind
{
    /// <summary>Everything a node sends or gets.</summary>
    Node,

    /// <summary>Between two nodes.</summary>
    Pair,

    /// <summary>Between two zones, or inside one.</summary>
    ZonePair,

    /// <summary>A zone is cut off from the others.</summary>
    Zone,

    /// <summary>The node works, but its line to the broker does not: WARNING.</summary>
    BrokerLink,
}

/// <summary>On which way. Of a node egress and ingress; of a pair, forward is from the first of the component to the second.</summary>
[JsonConverter(typeof(MeshFaultDirectionConverter))]
public enum MeshFaultDirection
{
    Unknown,
    Both,
    Egress,
    Ingress,
    Forward,
    Reverse,
}

/// <summary>What is wrong with it.</summary>
[JsonConverter(typeof(MeshFaultTroubleConverter))]
public enum MeshFaultTrouble
{
    /// <summary>Packets are lost.</summary>
    Loss,

    /// <summary>A node that reports nothing and answers nobody.</summary>
    Down,

    /// <summary>Slower than usual, or late; nothing is lost for good.</summary>
    Slow,

    /// <summary>Full-size packets do not pass.</summary>
    Mtu,

    /// <summary>It cannot reach the broker.</summary>
    BrokerLink,
}

internal sealed class MeshFaultStateConverter() : WordConverter<MeshFaultState>(Words)
{
    public static readonly string[] Words = ["suspect", "confirmed", "changed", "cleared"];
}

internal sealed class MeshFaultKindConverter() : WordConverter<MeshFaultKind>(Words)
{
    public static readonly string[] Words = ["node", "pair", "zone_pair", "zone", "broker_link"];
}

internal sealed class MeshFaultDirectionConverter() : WordConverter<MeshFaultDirection>(Words)
{
    public static readonly string[] Words = ["unknown", "both", "egress", "ingress", "forward", "reverse"];
}

internal sealed class MeshFaultTroubleConverter() : WordConverter<MeshFaultTrouble>(Words)
{
    public static readonly string[] Words = ["loss", "down", "slow", "mtu", "broker_link"];
}

/// <summary>Words as they stand in JSON and in labels.</summary>
public static class MeshFaultWords
{
    public static string Name(MeshFaultState state) => MeshFaultStateConverter.Words[(int)state];

    public static string Name(MeshFaultKind kind) => MeshFaultKindConverter.Words[(int)kind];

    public static string Name(MeshFaultDirection direction) => MeshFaultDirectionConverter.Words[(int)direction];

    public static string Name(MeshFaultTrouble trouble) => MeshFaultTroubleConverter.Words[(int)trouble];
}
