using Scout.Protocol.Security.Enrolment;

namespace Scout.Broker.Provisioning;

/// <summary>
/// A node takes another key at its renewal (security.md 11). The name is the new key's from then on, and the old one's login lives to its end, so that a node which is interrupted
/// anywhere goes on with what it has. As long as the new key has not been seen, the old one may ask again, for the same or for another; after that whoever asks with it is a copy of
/// that node, and worth an alarm.
/// </summary>
internal sealed partial class Provisioner
{
    private async Task<EnrolmentReply> RekeyAsync(string node, string key, string fresh, CancellationToken stop)
    {
        for (int round = 0; round < Rounds; round++)
        {
            if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(node), stop) is not { } entry) return No(EnrolmentCode.NotEnrolled, "no node of this name is enrolled");
            NodeRecord record = TokenBookFormat.Node(entry);
            if (parts.Authority.IsRevoked(key)) return No(EnrolmentCode.Revoked, "this key was revoked");
            if (parts.Authority.IsRevoked(fresh)) return No(EnrolmentCode.Revoked, "the new key was revoked");
            // The answer before was lost.
            if (record.Key == fresh && record.Former == key) return await GiveAsync(node, fresh, stop);
            if (record.Key != key && await WhyNotBackAsync(record, key, stop) is { } not) return not;
            NodeRecord mine = record with { Key = fresh, Former = key, Rekeyed = Now };
            if (!await parts.Book.UpdateAsync(TokenBookFormat.NodeKey(node), TokenBookFormat.ToBytes(mine), entry.Revision, stop)) continue;
            Audit("rekey", node, fresh, "allowed", "ok", $"in the place of {key}, which is good until its login expires", null);
            return await GiveAsync(node, fresh, stop);
        }

        return No(EnrolmentCode.Busy, "many ask for this name at a time", retryS: 5);
    }

    // The former key asks as if nothing had happened: for that node nothing has, as long as the new key was not seen. Null: go on.
    private async Task<EnrolmentReply?> WhyFormerAsync(string node, string key, CancellationToken stop)
    {
        for (int round = 0; round < Rounds; round++)
        {
            if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(node), stop) is not { } entry) return null;
            NodeRecord record = TokenBookFormat.Node(entry);
            if (record.Key == key || record.Former != key) return null;
            if (await WhyNotBackAsync(record, key, stop) is { } not) return not;
            NodeRecord back = record with { Key = key, Former = null, Rekeyed = null };
            if (!await parts.Book.UpdateAsync(TokenBookFormat.NodeKey(node), TokenBookFormat.ToBytes(back), entry.Revision, stop)) continue;
            Audit("rekey", node, key, "allowed", "ok", $"back from {record.Key}, which was never seen", null);
            return null;
        }

        return No(EnrolmentCode.Busy, "many ask for this name at a time", retryS: 5);
    }

    private async Task<EnrolmentReply?> WhyNotBackAsync(NodeRecord record, string key, CancellationToken stop)
    {
        if (record.Former != key) return Taken(record);
        if (!await parts.Record.HasSpokenAsync(record, stop)) return null;
        return No(EnrolmentCode.NameTaken, $"alarm: key {key} asks for {record.Node}, which has had key {record.Key} since {record.Rekeyed?.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z: two machines have the identity of that node, or its disk was put back from a copy");
    }
}
