using System.Text;
using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;
using Scout.Machines.Runs;

namespace Scout.Machines.Tests.Definitions;

/// <summary>Blanks, both quotes and templates: enough of a splitter to read definitions with. The real one is tested where it lives.</summary>
internal sealed class SimpleSyntax : IDefinitionSyntax
{
    public bool TrySplitCommand(string text, out IReadOnlyList<string> words, out SyntaxError error)
    {
        var all = new List<string>();
        words = all;
        error = default;
        StringBuilder? word = null;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (string.CompareOrdinal(text, i, "{{", 0, 2) == 0)
            {
                int end = text.IndexOf("}}", i, StringComparison.Ordinal);
                if (end < 0) return Fail(i, "'{{' is not closed", "end with '}}'", out error);
                (word ??= new StringBuilder()).Append(text, i, end + 2 - i);
                i = end + 1;
            }
            else if (letter is '\'' or '"')
            {
                int end = text.IndexOf(letter, i + 1);
                if (end < 0) return Fail(i, "the quote is not closed", $"end with {letter}", out error);
                (word ??= new StringBuilder()).Append(text, i + 1, end - i - 1);
                i = end;
            }
            else if (letter is ' ' or '\t' or '\n')
            {
                if (word is not null) all.Add(word.ToString());
                word = null;
            }
            else
            {
                (word ??= new StringBuilder()).Append(letter);
            }
        }

        if (word is not null) all.Add(word.ToString());
        return all.Count > 0 || Fail(0, "no words", "name a program", out error);
    }

    public RunOutput ReadOutput(string stdout) => RunOutput.None;

    public IReadOnlyList<string> ShellOperators(string text) => [.. text.Split(' ').Where(word => word is "|" or ";" or ">" or "&&" or "2>&1")];

    public IReadOnlyList<string> ProbeKinds { get; } = ["tcp"];

    /// <summary>A host, and a port that is 1 when not given.</summary>
    public ProbeSubject? ReadProbe(string kind, YamlNode options, TimeSpan timeout, string folder, ICollection<ProbeFinding> findings)
    {
        string? host = (options as YamlMap)?.Find("host") is YamlScalar scalar ? scalar.Text : null;
        if (host is null) findings.Add(new ProbeFinding(options.Line, options.Column, FindingKind.MissingKey, "a tcp probe needs 'host'", "add 'host: db1'"));
        string port = (options as YamlMap)?.Find("port") is YamlScalar number ? number.Text : "1";
        return host is null ? null : new ProbeSubject(kind, (host, port, timeout), $$"""{"host":"{{host}}","port":{{port}}}""");
    }

    private static bool Fail(int at, string message, string hint, out SyntaxError error)
    {
        error = new SyntaxError(at + 1, message, hint);
        return false;
    }
}
