using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>What stands in every <c>open</c> entry of this life.</summary>
internal sealed record StoreIdentity(string Node, long Epoch, string Product, string BootId)
{
    public OpenEntry Entry(long nextSequence, DateTimeOffset now) => new(Entries.Format, Node, Epoch, Product, BootId, nextSequence, now);
}
