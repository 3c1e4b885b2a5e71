namespace Scout.Checks.Stamp;

/// <summary>Which packets belong together: (sender id, incarnation, SSID) with Scout's TLV, (address, port, SSID) without.</summary>
internal readonly record struct StampSessionKey(UInt128 Who, uint Which, ushort SessionId, bool IsNode)
{
    public static StampSessionKey Of(in StampRequest request, in StampSource source) =>
        request.TlvState == StampTlvState.Good && request.Tlv.SenderId != 0
            ? new StampSessionKey(request.Tlv.SenderId, request.Tlv.SenderIncarnation, request.SessionId, true)
            : new StampSessionKey(source.Address, source.Port, request.SessionId, false);
}

/// <summary>The counters of the sessions of a reflector (stateful mode, RFC 8762 section 4.3).</summary>
internal sealed class StampSessions(int capacity, long idleNanoseconds)
{
    private readonly RecencyTable<StampSessionKey> table = new(capacity);
    private readonly uint[] next = new uint[capacity];

    public int Count => table.Count;

    /// <summary>The next number of a session; false when all sessions are taken by others that are not idle.</summary>
    public bool TryNext(in StampSessionKey key, long now, out uint number)
    {
        number = 0;
        if (table.Count > 0 && table.IsFull && now - table.OldestUse <= idleNanoseconds && !table.Contains(key)) return false;
        int place = table.Find(key, now, out long usedBefore);
        if (place < 0)
        {
            place = table.Add(key, now);
            next[place] = 0;
        }
        else if (now - usedBefore > idleNanoseconds)
        {
            next[place] = 0;
        }

        number = next[place]++;
        return true;
    }
}
