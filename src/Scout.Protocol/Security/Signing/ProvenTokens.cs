using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Security.Signing;

/// <summary>JWTs whose signature was found good, and whose holder has proved to have the key: the one used longest ago goes first. Not thread-safe.</summary>
internal sealed class ProvenTokens
{
    private readonly Dictionary<string, LinkedListNode<(string Jwt, CallerToken Token)>> known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Jwt, CallerToken Token)> order = new();

    public int Count => known.Count;

    public bool TryGet(string jwt, [NotNullWhen(true)] out CallerToken? token)
    {
        token = null;
        if (!known.TryGetValue(jwt, out LinkedListNode<(string Jwt, CallerToken Token)>? node)) return false;
        order.Remove(node);
        order.AddLast(node);
        token = node.Value.Token;
        return true;
    }

    public void Add(string jwt, CallerToken token)
    {
        if (known.ContainsKey(jwt)) return;
        if (known.Count >= SigningLimits.ProvenJwts)
        {
            known.Remove(order.First!.Value.Jwt);
            order.RemoveFirst();
        }

        known.Add(jwt, order.AddLast((jwt, token)));
    }
}
