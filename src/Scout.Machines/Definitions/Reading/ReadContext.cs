using System.Collections.Immutable;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>One reading of one file: options, findings, and the parts that several machines of the file share.</summary>
internal sealed class ReadContext(string path, DefinitionReaderOptions options, bool choria)
{
    private readonly Dictionary<string, TextTemplate> literals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> strings = new(StringComparer.Ordinal);

    public FindingList Findings { get; } = new(path);

    public DefinitionReaderOptions Options => options;

    public bool Choria => choria;

    /// <summary>Absolute path of the file.</summary>
    public string File { get; } = Path.GetFullPath(path);

    /// <summary>Absolute path of its folder.</summary>
    public string Folder { get; } = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";

    public DefinitionJson Json { get; } = new();

    public void Error(YamlNode at, string kind, string message, string hint) =>
        Findings.Add(at.Line, at.Column, Severity.Error, kind, message, hint);

    /// <summary>An error in Scout's own files, a warning in the Choria reading (°).</summary>
    public void Degree(YamlNode at, string kind, string message, string hint) =>
        Findings.Add(at.Line, at.Column, choria ? Severity.Warning : Severity.Error, kind, message, hint);

    public bool Wants(YamlNode at) => Findings.Wants(at.Line, at.Column);

    /// <summary>One instance of equal strings.</summary>
    public string Share(string text)
    {
        if (strings.TryGetValue(text, out string? shared)) return shared;
        strings.Add(text, text);
        return text;
    }

    /// <summary>One instance of equal literals.</summary>
    public TextTemplate Literal(string text)
    {
        if (!literals.TryGetValue(text, out TextTemplate? literal)) literals.Add(text, literal = TextTemplate.Literal(Share(text)));
        return literal;
    }

    /// <summary>A template at a node; null after an error.</summary>
    /// <param name="at">Where the text stands.</param>
    /// <param name="text">The text, or the part of it that is one word.</param>
    /// <param name="whole">The text as written, when <paramref name="text"/> is a word of it.</param>
    /// <param name="templatesBefore">How many <c>{{</c> stand before the word in the whole.</param>
    public TextTemplate? Template(YamlNode at, string text, string? whole = null, int templatesBefore = 0)
    {
        if (!text.Contains("{{", StringComparison.Ordinal)) return Literal(text);
        if (text.Length > TextTemplate.LongestSource)
        {
            Error(at, FindingKind.OutOfRange, $"a template of {text.Length} characters", $"at most {TextTemplate.LongestSource} characters");
            return null;
        }

        if (TextTemplate.TryParse(text, out TextTemplate template, out SyntaxError error)) return template;
        int column = whole is null ? error.Column : ColumnInWhole(text, whole, error.Column, templatesBefore);
        Error(at, FindingKind.BadTemplate, $"at column {column} of the text: {error.Message}", error.Hint);
        return null;
    }

    // The splitter takes quotes away around a template, never inside it: counting the openings finds the same place in the text as written.
    private static int ColumnInWhole(string word, string whole, int column, int openings)
    {
        int inWord = -1;
        for (int next; (next = word.IndexOf("{{", inWord + 1, StringComparison.Ordinal)) >= 0 && next < column; inWord = next) openings++;
        int inWhole = -1;
        for (int i = 0; i < openings; i++)
        {
            int next = whole.IndexOf("{{", inWhole + 1, StringComparison.Ordinal);
            if (next < 0) return Math.Min(column, whole.Length);
            inWhole = next;
        }

        return Math.Min(inWhole + column - Math.Max(inWord, 0), whole.Length + 1);
    }

    /// <summary>An immutable array of shared strings.</summary>
    public ImmutableArray<string> Share(List<string> texts) => [.. texts.Select(Share)];
}
