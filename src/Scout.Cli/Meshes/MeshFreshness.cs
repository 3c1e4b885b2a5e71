using Scout.Cli.Errors;
using Scout.Cli.Rendering;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Meshes;

/// <summary>Whether there is something to show, and whether it is of now.</summary>
internal static class MeshFreshness
{
    /// <summary>Older is no data (mesh.md 8).</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <exception cref="CliException">There is none; says what to do next.</exception>
    public static MeshSummary Require(MeshDocuments documents)
    {
        if (!documents.Bucket)
        {
            throw CliException.NoConnection(
                "the broker keeps nothing of the mesh: there is no bucket SCOUT_MESH",
                "is it 'scout broker run' of this version, or a bare nats-server? 'scout broker check' tells; 'scout mesh --node NAME' asks one node");
        }

        return documents.Summary ?? throw CliException.NoConnection(
            "nobody has written about the mesh yet",
            "the broker begins when the first node reports: mesh.enabled: true in its server.yaml; 'scout nodes' shows who is there");
    }

    public static TimeSpan Age(MeshSummary summary, DateTimeOffset now) => now - summary.At;

    /// <summary>A remark about old data, or null.</summary>
    public static string? Complaint(MeshSummary summary, DateTimeOffset now) => Age(summary, now) is var age && age > Limit
        ? $"this is {Ages.Span(age)} old: broker {summary.Broker} has stopped writing; is it running, and do the clocks agree?"
        : null;
}
