namespace Scout.Protocol;

/// <summary>What a node may be asked: a closed list (design.md 5). None carries a command line, a path or an expression.</summary>
public enum RpcAction
{
    Ping,
    Facts,
    Machines,
    Machine,
    Check,
    Transition,
    Maintenance,
    Resume,
    Acknowledge,

    /// <summary>What the node sees of the mesh.</summary>
    Mesh,

    /// <summary>A few packets to a node of the roster, from the reactive budget.</summary>
    Probe,

    /// <summary>On the local socket only.</summary>
    History,
}

/// <summary>Words of the actions.</summary>
public static class RpcActions
{
    private static readonly string[] Words = ["ping", "facts", "machines", "machine", "check", "transition", "maintenance", "resume", "acknowledge", "mesh", "probe", "history"];

    public static string Name(RpcAction action) => Words[(int)action];

    /// <summary>Exact words only.</summary>
    public static bool TryParse(ReadOnlySpan<char> word, out RpcAction action)
    {
        for (int i = 0; i < Words.Length; i++)
        {
            if (!word.SequenceEqual(Words[i])) continue;
            action = (RpcAction)i;
            return true;
        }

        action = default;
        return false;
    }

    /// <summary>True for what changes a machine.</summary>
    public static bool IsEffect(RpcAction action) =>
        action is RpcAction.Check or RpcAction.Transition or RpcAction.Maintenance or RpcAction.Resume or RpcAction.Acknowledge;

    /// <summary>True for what no broker carries.</summary>
    public static bool IsLocalOnly(RpcAction action) => action == RpcAction.History;
}
