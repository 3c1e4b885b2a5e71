using System.Collections.Concurrent;

namespace Scout.Kubernetes;

/// <summary>Requests since the client was made, as <c>scout_kubernetes_requests_total</c> shows them. May be read from any thread.</summary>
public sealed class KubernetesCounters
{
    private readonly ConcurrentDictionary<(string Kind, string Verb, int Code), long> requests = new();

    // Its own copy: what the class library makes of any collection throws when one more request comes meanwhile.

    /// <summary>Requests by kind, verb (list, watch, get) and HTTP code; code 0: no answer.</summary>
    public IReadOnlyCollection<KeyValuePair<(string Kind, string Verb, int Code), long>> Requests => requests.ToArray();

    internal void Requested(string kind, string verb, int code) => requests.AddOrUpdate((kind, verb, code), 1, static (_, count) => count + 1);
}
