using System.Runtime.CompilerServices;

namespace Scout.Cli.Asking;

/// <summary>Splits a stream at line feeds.</summary>
internal static class Lines
{
    /// <summary>Lines without their line feed; an unfinished last one is left out.</summary>
    /// <exception cref="InvalidDataException">A line is longer than allowed.</exception>
    public static async IAsyncEnumerable<byte[]> ReadAsync(Stream stream, int longest, [EnumeratorCancellation] CancellationToken stop)
    {
        byte[] buffer = new byte[16 * 1024];
        int filled = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(filled), stop);
            if (read == 0) yield break;
            int searched = filled;
            filled += read;
            int start = 0;
            while (buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n') is var at and >= 0)
            {
                int end = searched + at;
                yield return buffer[start..end];
                start = searched = end + 1;
            }

            if (start > 0)
            {
                buffer.AsSpan(start, filled - start).CopyTo(buffer);
                filled -= start;
            }

            if (filled < buffer.Length) continue;
            if (buffer.Length >= longest) throw new InvalidDataException($"a reply is over {longest} bytes");
            Array.Resize(ref buffer, Math.Min(buffer.Length * 4, longest));
        }
    }
}
