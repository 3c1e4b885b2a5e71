namespace Scout.Cli.Rendering;

/// <summary>Breaks lists of words at a width.</summary>
internal static class Wrapped
{
    /// <summary>Pieces of the text between separators, as many on a line as fit; a piece longer than a line stands alone, whole.</summary>
    public static IEnumerable<string> Words(string text, string separator, int width) => Pieces(text.Split(separator), separator, width);

    public static IEnumerable<string> Pieces(IEnumerable<string> pieces, string separator, int? width)
    {
        string line = "";
        foreach (string piece in pieces)
        {
            if (line.Length == 0)
            {
                line = piece;
            }
            else if (width is { } most && CellWidth.Of(line) + CellWidth.Of(separator) + CellWidth.Of(piece) > most)
            {
                yield return line + separator.TrimEnd();
                line = piece;
            }
            else
            {
                line += separator + piece;
            }
        }

        if (line.Length > 0) yield return line;
    }
}
