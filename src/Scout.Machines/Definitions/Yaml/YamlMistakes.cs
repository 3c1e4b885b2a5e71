namespace Scout.Machines.Definitions.Yaml;

/// <summary>The parser's complaints in the words of somebody who writes a file, for the mistakes that people make.</summary>
internal static class YamlMistakes
{
    private const string General = "mind indentation, colons and quotes";

    /// <summary>A problem at a place, or at a better one.</summary>
    /// <param name="complaint">What the parser said; empty when it fell over.</param>
    /// <param name="text">The file.</param>
    /// <param name="line">Where it noticed.</param>
    /// <param name="column">Where it noticed.</param>
    public static YamlProblem Explain(string complaint, string text, int line, int column)
    {
        if (Says("invalid tab") && FirstTab(text) is { } tab) return new YamlProblem(tab.Line, tab.Column, FindingKind.YamlSyntax, "a tab in the indentation", "indent with blanks");
        (string message, string hint) =
            Says("cannot start any token") ? ($"a text cannot begin with {Show.Quote(Letter(text, line, column))}", "put the text in quotes") :
            Says("invalid mapping") ? ("a colon where no key can be", "put the text in quotes; or a blank is missing after the colon of the line above") :
            Says("unknown escape") ? ("an escape that YAML does not know", "write \\\\ for a backslash, or use single quotes, which take it as it is") :
            Says("quoted scalar") ? ("a quote that is not closed", "close it; a text over several lines is indented further than its key") :
            Says("flow sequence") ? ("a '[' before this place is not closed", "close it with ']', and mind commas between entries") :
            Says("flow mapping") ? ("a '{' before this place is not closed", "close it with '}', and mind commas between entries") :
            Says("expected key") || Says("expected ':'") ? ("here should be a key", "'key: value', in the column of the keys above") :
            Says("node content") ? ("a value is missing here", "write it, or close a '[' or '{' before this place") :
            Says("expected '-'") ? ("the indentation fits none of the lines above", "keys of one mapping begin in one column, entries of one list too") :
            complaint.Length == 0 ? ("this is not YAML", "mind indentation, colons and quotes; a '{' or '[' may not be closed") :
            (Sentence(complaint), General);
        return new YamlProblem(line, column, FindingKind.YamlSyntax, message, hint);

        bool Says(string part) => complaint.Contains(part, StringComparison.OrdinalIgnoreCase);
    }

    private static (int Line, int Column)? FirstTab(string text)
    {
        int line = 1;
        foreach (ReadOnlySpan<char> row in text.AsSpan().EnumerateLines())
        {
            int first = row.IndexOfAnyExcept(' ');
            if (first >= 0 && row[first] == '\t' && !row.Trim().IsEmpty) return (line, first + 1);
            line++;
        }

        return null;
    }

    private static string Letter(string text, int line, int column)
    {
        foreach (ReadOnlySpan<char> row in text.AsSpan().EnumerateLines())
        {
            if (--line == 0) return column <= row.Length ? row[column - 1].ToString() : "";
        }

        return "";
    }

    // One lower-case phrase like all other messages; the parser never quotes much of the file.
    private static string Sentence(string complaint)
    {
        string text = Show.Escape(complaint.Length > 200 ? complaint[..200] : complaint).Trim().TrimEnd('.');
        return text.Length == 0 ? "this is not YAML" : char.ToLowerInvariant(text[0]) + text[1..];
    }
}
