using System.Globalization;
using System.Text.Json.Nodes;
using Scout.Protocol.Streams;

namespace Scout.Broker.Streams;

/// <summary>Fits the sizes of the streams into what an account may store, by the limits in the answer of <c>$JS.API.INFO</c>.</summary>
internal static class StreamRoom
{
    private const long MiB = 1 << 20;

    /// <summary>What is left to the account for other streams.</summary>
    private const double Share = 0.95;

    /// <summary>The streams with sizes that fit: as they are wanted, or all smaller by the same factor.</summary>
    /// <param name="wanted">With their copies.</param>
    /// <param name="info">Answer of JetStream.</param>
    /// <param name="remark">What a person should know; empty when all is as wanted.</param>
    /// <returns>Null when the account has no room at all.</returns>
    public static IReadOnlyList<StreamDefinition>? Fit(IReadOnlyList<StreamDefinition> wanted, JsonObject info, out string remark)
    {
        int copies = wanted.Max(static one => one.Replicas);
        // With tiers (hosted accounts), limits are those of the number of copies, each counted once.
        JsonObject? tier = info["tiers"]?[string.Create(CultureInfo.InvariantCulture, $"R{copies}")] as JsonObject;
        JsonObject? limits = (tier ?? info)["limits"] as JsonObject;
        if (info["tiers"] is JsonObject && tier is null)
        {
            remark = $"the account may have no streams with {copies} copies";
            return null;
        }

        long storage = Number(limits, "max_storage"), one = Number(limits, "storage_max_stream_bytes"), streams = Number(limits, "max_streams");
        if (storage == 0 || (streams >= 0 && streams < wanted.Count))
        {
            remark = storage == 0 ? "the account may not store anything on disk" : $"the account may have {streams} streams, and Scout has {wanted.Count}";
            return null;
        }

        remark = "";
        double factor = 1;
        if (storage > 0) factor = Math.Min(1, storage * Share / ((tier is null ? copies : 1) * wanted.Sum(static stream => (double)stream.MaxBytes)));
        if (one > 0) factor = Math.Min(factor, one / (double)wanted.Max(static stream => stream.MaxBytes));
        if (factor >= 1) return wanted;
        StreamDefinition[] smaller = [.. wanted.Select(stream => stream with { MaxBytes = Math.Max(MiB, (long)(stream.MaxBytes * factor / MiB) * MiB) })];
        remark = $"the account may store {storage / MiB} MiB: streams are made smaller, {smaller[0].Name} {smaller[0].MaxBytes / MiB} MiB instead of {wanted[0].MaxBytes / MiB}";
        if (storage < 0 || smaller.Sum(static stream => stream.MaxBytes) * (tier is null ? copies : 1) <= storage) return smaller;
        remark = $"the account may store {storage / MiB} MiB, which is too little for {wanted.Count} streams";
        return null;
    }

    private static long Number(JsonObject? limits, string name) => limits?[name] is JsonValue value && value.TryGetValue(out long number) ? number : -1;
}
