namespace Scout.Server.Tests.Store;

/// <summary>Contents as the system shows them, and as they are on the platter.</summary>
/// <param name="platter">Whether what is synced is remembered apart.</param>
internal sealed class Disk(bool platter = true)
{
    private readonly Dictionary<string, int> names = [];
    private readonly Dictionary<string, int> lasting = [];
    private readonly Dictionary<int, byte[]> bytes = [];
    private readonly Dictionary<int, byte[]> synced = [];
    private readonly Dictionary<int, int> lengths = [];

    public int? Find(string path) => names.TryGetValue(path, out int file) ? file : null;

    public ReadOnlySpan<byte> Bytes(int file) => bytes[file].AsSpan(0, lengths[file]);

    public void Apply(Operation operation)
    {
        switch (operation.Step)
        {
            case Step.Create:
                names[operation.Path] = operation.File;
                bytes[operation.File] = [];
                synced[operation.File] = [];
                lengths[operation.File] = 0;
                break;
            case Step.Write:
                Write(operation.File, operation.Offset, operation.Bytes);
                break;
            case Step.Truncate:
                byte[] cut = Bytes(operation.File).ToArray();
                Array.Resize(ref cut, (int)operation.Offset);
                bytes[operation.File] = cut;
                lengths[operation.File] = cut.Length;
                break;
            case Step.Sync:
                if (platter) synced[operation.File] = Bytes(operation.File).ToArray();
                break;
            case Step.Rename:
                string to = System.Text.Encoding.UTF8.GetString(operation.Bytes);
                if (names.Remove(operation.Path, out int file)) names[to] = file;
                break;
            case Step.Delete:
                names.Remove(operation.Path);
                break;
            default:
                lasting.Clear();
                foreach (var (path, one) in names) lasting[path] = one;
                break;
        }
    }

    /// <summary>Lets go of files that have no name any more.</summary>
    public void Forget()
    {
        foreach (int file in bytes.Keys.Where(one => !names.ContainsValue(one)).ToArray())
        {
            bytes.Remove(file);
            synced.Remove(file);
            lengths.Remove(file);
        }
    }

    public Dictionary<string, byte[]> Seen() => names.ToDictionary(static name => name.Key, name => Bytes(name.Value).ToArray());

    public List<(string Path, int Length)> Lengths() => [.. names.Select(name => (name.Key, lengths[name.Value]))];

    /// <summary>What is found after a power cut now.</summary>
    public Dictionary<string, byte[]> After(PowerCut cut, Random random) => cut switch
    {
        PowerCut.Kept => names.ToDictionary(static name => name.Key, name => Bytes(name.Value).ToArray()),
        PowerCut.Dropped => lasting.ToDictionary(static name => name.Key, name => synced[name.Value].ToArray()),
        _ => names.ToDictionary(static name => name.Key, name => Torn(synced[name.Value], Bytes(name.Value), random)),
    };

    private static byte[] Torn(byte[] old, ReadOnlySpan<byte> now, Random random)
    {
        if (now.SequenceEqual(old)) return old;
        int length = random.Next(Math.Min(old.Length, now.Length), Math.Max(old.Length, now.Length) + 1);
        byte[] torn = new byte[length];
        for (int at = 0; at < length; at += 512)
        {
            // A block is wholly new or wholly old; where nothing old was, it is zero.
            var from = random.Next(2) == 0 ? now : old;
            int count = Math.Min(512, length - at);
            for (int i = 0; i < count; i++) torn[at + i] = at + i < from.Length ? from[at + i] : (byte)0;
        }

        return torn;
    }

    private void Write(int file, long offset, byte[] data)
    {
        int end = (int)offset + data.Length;
        byte[] buffer = bytes[file];
        if (end > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(end, buffer.Length * 2));
            bytes[file] = buffer;
        }

        data.CopyTo(buffer.AsSpan((int)offset));
        lengths[file] = Math.Max(lengths[file], end);
    }
}
