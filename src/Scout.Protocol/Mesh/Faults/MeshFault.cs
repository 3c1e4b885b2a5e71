using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Scout.Protocol.Mesh;

/// <summary>
/// A fault of the mesh: document <c>fault.ID</c> in the bucket <c>SCOUT_MESH</c>, and the data of the event <c>io.scout.mesh.fault.v1</c>.
/// </summary>
public sealed record MeshFault
{
    public const string EventType = "io.scout.mesh.fault.v1";

    /// <summary>Largest document, in bytes.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary><c>f-</c> and 6 to 16 hexadecimal digits; kept when a fault comes back within 60 s.</summary>
    public required string Id { get; init; }

    public required MeshFaultState State { get; init; }

    public required MeshFaultKind Kind { get; init; }

    /// <summary>One node or zone, or two, sorted, with <c>/</c> between: <c>n7</c>, <c>a/b</c>. An unknown zone is <c>-</c>.</summary>
    public required string Component { get; init; }

    public required MeshFaultDirection Direction { get; init; }

    /// <summary>What is wrong with it.</summary>
    public required MeshFaultTrouble What { get; init; }

    /// <summary>One line for people: <c>node n7 egress</c>. See <see cref="MeshFaultText"/>.</summary>
    public required string Text { get; init; }

    /// <summary>0 to 1, over the window in which it shows best.</summary>
    public required double Loss { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Confidence { get; init; }

    /// <summary>The first loss of it, on the broker's clock.</summary>
    public required DateTimeOffset Since { get; init; }

    public DateTimeOffset? Confirmed { get; init; }

    public DateTimeOffset? Cleared { get; init; }

    /// <summary>When this was written.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>A node of it is in maintenance: it does not page.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Maintenance { get; init; }

    /// <summary>Witnesses reach it: not all of its paths fail.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Partial { get; init; }

    /// <summary>More of the same kind that are shown as one: pairs with a common end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int More { get; init; }

    public required MeshEvidence Evidence { get; init; }

    public byte[] ToBytes() => MeshJson.ToBytes(this, MeshJsonContext.Default.MeshFault);

    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out MeshFault? fault, [NotNullWhen(false)] out string? error)
    {
        if (!MeshJson.TryRead(json, MaxBytes, MeshJsonContext.Default.MeshFault, out fault, out error)) return false;
        error = !IsId(fault.Id) ? "its id is none"
            : !IsComponent(fault.Component) ? "its component is none"
            : fault.Loss is not (>= 0 and <= 1) || fault.Confidence is not (>= 0 and <= 1) ? "a ratio in it is none"
            : fault.Evidence.Fits() ? null
            : "its evidence is too large";
        if (error is null) return true;
        fault = null;
        return false;
    }

    /// <summary><c>f-</c> and 6 to 16 lower-case hexadecimal digits.</summary>
    public static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is < 8 or > 18 || !id.StartsWith("f-")) return false;
        foreach (char c in id[2..])
        {
            if (!char.IsAsciiHexDigitLower(c)) return false;
        }

        return true;
    }

    private static bool IsComponent(string component)
    {
        string[] parts = component.Split('/');
        return parts.Length <= 2 && parts.All(static part => part == "-" || Names.IsNode(part));
    }
}

/// <summary>Why it is believed.</summary>
public sealed record MeshEvidence
{
    public const int MaxExamples = 5;

    /// <summary>Ordered pairs of the component, and those of them that lose.</summary>
    public required int Paths { get; init; }

    public required int FailingPaths { get; init; }

    /// <summary>Other ends of its paths, and those of them that see losses.</summary>
    public required int FarEnds { get; init; }

    public required int FailingFarEnds { get; init; }

    public required long Sent { get; init; }

    public required long Lost { get; init; }

    /// <summary>Of the lost, those of known direction: of a node those that left it and those that arrived; of a pair by its direction.</summary>
    public long Forward { get; init; }

    public long Reverse { get; init; }

    /// <summary>Seconds over which this was counted.</summary>
    public double WindowS { get; init; }

    public ImmutableArray<MeshExample>? Failing { get; init; }

    public ImmutableArray<MeshExample>? Passing { get; init; }

    /// <summary>Indexes of source ports that have nearly all losses; absent when they are even.</summary>
    public ImmutableArray<int>? Ports { get; init; }

    public ImmutableArray<MeshWitness>? Witnesses { get; init; }

    /// <summary>For people: <c>lost after hop 1</c>.</summary>
    public string? Trace { get; init; }

    internal bool Fits() =>
        Failing is not { Length: > 64 } && Passing is not { Length: > 64 } && Witnesses is not { Length: > 64 } && Ports is not { Length: > 16 } && Trace is not { Length: > 1000 };
}

/// <summary>One path as an example.</summary>
public sealed record MeshExample(string From, string To, int Sent, int Lost, MeshFaultDirection Direction);

/// <summary>A node that was asked to probe.</summary>
public sealed record MeshWitness(string Node, string Zone, int Sent, int Ok);
