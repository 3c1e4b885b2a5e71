namespace Scout.Server.Store.Encoding;

/// <summary>Steps over the entries of a record: type u8, version u8, length varint, body.</summary>
internal ref struct EntryReader
{
    private readonly ReadOnlySpan<byte> payload;
    private int at;

    public EntryReader(ReadOnlySpan<byte> payload) => this.payload = payload;

    public EntryType Type { get; private set; }

    public ReadOnlySpan<byte> Body { get; private set; }

    /// <summary>Where the body begins in the payload.</summary>
    public int BodyOffset { get; private set; }

    public bool Next()
    {
        if (payload.Length - at < 3) return false;
        Type = (EntryType)payload[at];
        var rest = payload[(at + 2)..];
        if (!FieldReader.Varint(ref rest, out ulong length) || length > (ulong)rest.Length) return false;
        BodyOffset = payload.Length - rest.Length;
        Body = rest[..(int)length];
        at = BodyOffset + (int)length;
        return true;
    }
}
