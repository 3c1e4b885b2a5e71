using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Scout.Server.Metrics;

/// <summary>
/// Writes the text exposition format 0.0.4 into pieces of memory: the text of a thousand machines is over 1 MiB, and one array of that size, doubled as it
/// grows, would stay in the heap of large objects. A family is opened, then its samples follow; HELP and TYPE are written with
/// the first sample, or at once for families that exist from the start.
/// </summary>
internal sealed class ExpositionWriter
{
    // What must not stand in a label value as it is: the three escapes, and control characters, which become '_'.
    private static readonly SearchValues<byte> Special =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'\\', (byte)'"', 0x7F, 0xC2]);

    // Below the size from which the runtime counts an object as large.
    private const int PieceBytes = 32 * 1024;

    private readonly byte[] common;
    private readonly List<ReadOnlyMemory<byte>> pieces = [];
    private byte[] buffer = [];
    private int length;
    private string family = "";
    private string type = "";
    private string help = "";
    private bool opened;
    private bool labels;

    /// <summary>A writer whose samples all begin with the label <c>node</c>.</summary>
    public ExpositionWriter(string node) => common = Encoding.UTF8.GetBytes($"node=\"{node}\"");

    /// <summary>The text so far, as one; a copy.</summary>
    public ReadOnlyMemory<byte> Written
    {
        get
        {
            byte[] whole = new byte[pieces.Sum(piece => piece.Length) + length];
            int at = 0;
            foreach (ReadOnlyMemory<byte> piece in pieces)
            {
                piece.CopyTo(whole.AsMemory(at));
                at += piece.Length;
            }

            buffer.AsSpan(0, length).CopyTo(whole.AsSpan(at));
            return whole;
        }
    }

    /// <summary>Gives the text away, in order, and starts anew.</summary>
    public ReadOnlyMemory<byte>[] Take()
    {
        ReadOnlyMemory<byte>[] text = [.. pieces, buffer.AsMemory(0, length)];
        Clear();
        return text;
    }

    /// <summary>Starts anew.</summary>
    public void Clear()
    {
        pieces.Clear();
        buffer = [];
        length = 0;
    }

    public void Gauge(string name, string help, bool always = false) => Open(name, "gauge", help, always);

    public void Counter(string name, string help, bool always = false) => Open(name, "counter", help, always);

    /// <summary>A sample without further labels.</summary>
    public void Sample(double value)
    {
        Begin();
        Value(value);
    }

    /// <summary>A sample with one label.</summary>
    public void Sample(string label, string text, double value)
    {
        Begin();
        Label(label, text);
        Value(value);
    }

    /// <summary>A sample with two labels.</summary>
    public void Sample(string label1, string text1, string label2, string text2, double value)
    {
        Begin();
        Label(label1, text1);
        Label(label2, text2);
        Value(value);
    }

    /// <summary>Opens a family of histograms; the samples follow one by one.</summary>
    public void HistogramFamily(string name, string help) => Open(name, "histogram", help, always: true);

    /// <summary>A whole histogram, with at most one label.</summary>
    public void Histogram(string name, string help, IEnumerable<(string? Label, string Text, Histogram Data)> series)
    {
        Open(name, "histogram", help, always: true);
        foreach ((string? label, string text, Histogram data) in series)
        {
            long[] counts = data.Cumulative();
            for (int i = 0; i < counts.Length; i++)
            {
                Begin("_bucket");
                if (label is not null) Label(label, text);
                Label("le", i < Metrics.Histogram.Bounds.Length ? Metrics.Histogram.Bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf");
                Value(counts[i]);
            }

            Begin("_sum");
            if (label is not null) Label(label, text);
            Value(data.Sum);
            Begin("_count");
            if (label is not null) Label(label, text);
            Value(counts[^1]);
        }
    }

    /// <summary>Opens a sample; <see cref="Label"/> and then <see cref="Value"/> follow.</summary>
    public void Begin(string suffix = "", bool withNode = true)
    {
        if (!opened) Head();
        Ascii(family);
        Ascii(suffix);
        labels = withNode;
        if (withNode)
        {
            Byte((byte)'{');
            Bytes(common);
        }
    }

    public void Label(string name, string value)
    {
        Byte(labels ? (byte)',' : (byte)'{');
        labels = true;
        Ascii(name);
        Byte((byte)'=');
        Byte((byte)'"');
        Escaped(value);
        Byte((byte)'"');
    }

    public void Value(double value)
    {
        if (labels) Byte((byte)'}');
        Byte((byte)' ');
        Reserve(40);
        if (double.IsNaN(value))
        {
            Ascii("NaN");
        }
        else if (double.IsInfinity(value))
        {
            Ascii(value > 0 ? "+Inf" : "-Inf");
        }
        else if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
        {
            Utf8Formatter.TryFormat((long)value, buffer.AsSpan(length), out int written);
            length += written;
        }
        else
        {
            value.TryFormat(buffer.AsSpan(length), out int written, "R", CultureInfo.InvariantCulture);
            length += written;
        }

        Byte((byte)'\n');
    }

    private void Open(string name, string newType, string newHelp, bool always)
    {
        family = name;
        type = newType;
        help = newHelp;
        opened = false;
        if (always) Head();
    }

    private void Head()
    {
        opened = true;
        Ascii("# HELP ");
        Ascii(family);
        Byte((byte)' ');
        Ascii(help);
        Ascii("\n# TYPE ");
        Ascii(family);
        Byte((byte)' ');
        Ascii(type);
        Byte((byte)'\n');
    }

    private void Escaped(string value)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(value.Length));
        int start = length;
        length += Encoding.UTF8.GetBytes(value, buffer.AsSpan(length));
        if (buffer.AsSpan(start, length - start).IndexOfAny(Special) < 0) return;
        byte[] raw = buffer.AsSpan(start, length - start).ToArray();
        length = start;
        for (int i = 0; i < raw.Length; i++)
        {
            byte one = raw[i];
            if (one == 0xC2 && i + 1 < raw.Length && raw[i + 1] < 0xA0)
            {
                // U+0080 to U+009F: the control characters of the second row.
                i++;
                Byte((byte)'_');
            }
            else if (one < 0x20 || one == 0x7F)
            {
                Byte((byte)'_');
            }
            else
            {
                if (one is (byte)'\\' or (byte)'"') Byte((byte)'\\');
                Byte(one);
            }
        }
    }

    private void Ascii(string text)
    {
        Reserve(text.Length);
        length += Encoding.ASCII.GetBytes(text, buffer.AsSpan(length));
    }

    private void Bytes(byte[] bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(buffer, length);
        length += bytes.Length;
    }

    private void Byte(byte value)
    {
        Reserve(1);
        buffer[length++] = value;
    }

    private void Reserve(int more)
    {
        if (buffer.Length - length >= more) return;
        if (length > 0) pieces.Add(buffer.AsMemory(0, length));
        buffer = GC.AllocateUninitializedArray<byte>(Math.Max(PieceBytes, more));
        length = 0;
    }
}
