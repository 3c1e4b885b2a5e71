namespace Scout.Protocol.Security.Trust;

/// <summary>
/// Where a new trust document is announced. Nodes hear these with their requests, so that no node needs another right; only the provisioner may publish there, and what
/// counts is the document's own signature, whoever brings it. It is no action: nobody is answered.
/// </summary>
public static class TrustSubjects
{
    /// <summary>The last word of the subject.</summary>
    public const string Word = "trust";

    /// <summary>To every node.</summary>
    public const string All = "scout.rpc.all." + Word;

    /// <summary>To every node there is, each by its name: the right to publish.</summary>
    public const string AnyNode = "scout.rpc.node.*." + Word;

    /// <summary>To one node.</summary>
    /// <exception cref="ArgumentException">No node name.</exception>
    public static string Node(string node) =>
        Names.IsNode(node) ? $"scout.rpc.node.{node}.{Word}" : throw new ArgumentException($"'{Shown.Clip(node)}' is not a node name", nameof(node));
}
