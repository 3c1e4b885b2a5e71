using System.Buffers;

namespace Scout.Server.Mesh.Peers;

/// <summary>Names of pods, as the API has them: those of a DNS subdomain (RFC 1123), at most 253 characters.</summary>
internal static class PodName
{
    private const int Longest = 253;
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    /// <summary>The pod that this process runs in, by the downward API; empty: none.</summary>
    public static string Own(IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault("SCOUT_POD") is { } name && IsOne(name) ? name : "";

    /// <summary>Whether a word that came over the wire can be one.</summary>
    public static bool IsOne(string text) => text is { Length: > 0 and <= Longest } && !text.AsSpan().ContainsAnyExcept(Allowed);
}
