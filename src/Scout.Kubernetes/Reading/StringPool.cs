using System.Text;

namespace Scout.Kubernetes;

/// <summary>
/// Shares strings that come again and again (namespaces, node names, phases). A table of fixed size without locks: a slot holds the last string of its hash, so a
/// collision costs a copy and nothing else, and any number of threads may read and write.
/// </summary>
internal sealed class StringPool
{
    private const int Slots = 4096;
    private const int Longest = 128;
    private readonly string?[] slots = new string?[Slots];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return "";
        if (utf8.Length > Longest) return Encoding.UTF8.GetString(utf8);
        uint hash = 2166136261;
        foreach (byte part in utf8) hash = (hash ^ part) * 16777619;
        ref string? slot = ref slots[(hash ^ (hash >> 16)) % Slots];
        string? known = Volatile.Read(ref slot);
        if (known is not null && known.Length == utf8.Length && Ascii.Equals(utf8, known)) return known;
        string text = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref slot, text);
        return text;
    }
}
