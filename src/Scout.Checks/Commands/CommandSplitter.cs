using System.Text;

namespace Scout.Checks.Commands;

/// <summary>The one pass over a command text behind <see cref="CommandLine"/>.</summary>
internal sealed class CommandSplitter(string text)
{
    private readonly StringBuilder word = new();
    private readonly List<bool> bare = [];
    private bool inWord;
    private bool quoted;
    private int at;

    public List<string> Words { get; } = [];

    /// <summary>True if no character of the word was quoted or escaped and none came from a template.</summary>
    public bool IsBare(int index) => bare[index];

    public bool Run(out CommandError error)
    {
        error = default;
        while (at < text.Length)
        {
            char c = text[at];
            switch (c)
            {
                case ' ' or '\t' or '\n' or '\r':
                    EndWord();
                    at++;
                    break;
                case '\'':
                    if (!SingleQuoted(out error)) return false;
                    break;
                case '"':
                    if (!DoubleQuoted(out error)) return false;
                    break;
                case '\\':
                    if (!Escaped(out error)) return false;
                    break;
                case '{' when IsTemplate():
                    quoted = true;
                    if (!Template(out error)) return false;
                    break;
                default:
                    Take(c);
                    at++;
                    break;
            }

            // A text of a million words is refused by its length, not collected first.
            if (Words.Count > CommandLine.MaxWords) break;
        }

        EndWord();
        return true;
    }

    private void Take(char c)
    {
        inWord = true;
        word.Append(c);
    }

    private void EndWord()
    {
        if (inWord)
        {
            Words.Add(word.ToString());
            bare.Add(!quoted);
        }

        word.Clear();
        inWord = false;
        quoted = false;
    }

    private bool Escaped(out CommandError error)
    {
        error = default;
        if (at + 1 >= text.Length)
        {
            error = new CommandError(at + 1, "a backslash at the end escapes nothing", "write \\\\ for a backslash, or take it out");
            return false;
        }

        int lineBreak = LineBreak(at + 1);
        if (lineBreak > 0)
        {
            at += 1 + lineBreak;
            return true;
        }

        quoted = true;
        Take(text[at + 1]);
        at += 2;
        return true;
    }

    private bool SingleQuoted(out CommandError error)
    {
        error = default;
        int open = at++;
        inWord = quoted = true;
        while (at < text.Length)
        {
            if (text[at] == '\'')
            {
                at++;
                return true;
            }

            if (IsTemplate())
            {
                if (!Template(out error)) return false;
                continue;
            }

            Take(text[at++]);
        }

        error = new CommandError(open + 1, "the single quote is never closed", "close it, or write \\' for the character");
        return false;
    }

    private bool DoubleQuoted(out CommandError error)
    {
        error = default;
        int open = at++;
        inWord = quoted = true;
        while (at < text.Length)
        {
            char c = text[at];
            if (c == '"')
            {
                at++;
                return true;
            }

            if (IsTemplate())
            {
                if (!Template(out error)) return false;
                continue;
            }

            if (c == '\\' && at + 1 < text.Length)
            {
                int lineBreak = LineBreak(at + 1);
                if (lineBreak > 0)
                {
                    at += 1 + lineBreak;
                    continue;
                }

                if (text[at + 1] is '"' or '\\' or '$' or '`')
                {
                    Take(text[at + 1]);
                    at += 2;
                    continue;
                }
            }

            Take(c);
            at++;
        }

        error = new CommandError(open + 1, "the double quote is never closed", "close it, or write \\\" for the character");
        return false;
    }

    private bool IsTemplate() => text[at] == '{' && at + 1 < text.Length && text[at + 1] == '{';

    private int LineBreak(int index) => text[index] switch
    {
        '\n' => 1,
        '\r' when index + 1 < text.Length && text[index + 1] == '\n' => 2,
        '\r' => 1,
        _ => 0,
    };

    /// <summary>Copies a template as it is; <c>}}</c> inside one of its texts does not end it.</summary>
    private bool Template(out CommandError error)
    {
        error = default;
        int open = at;
        bool inText = false;
        inWord = true;
        for (int index = at + 2; index < text.Length; index++)
        {
            char c = text[index];
            if (inText)
            {
                if (c == '\\') index++;
                else if (c == '"') inText = false;
            }
            else if (c == '"')
            {
                inText = true;
            }
            else if (c == '}' && index + 1 < text.Length && text[index + 1] == '}')
            {
                word.Append(text, open, index + 2 - open);
                at = index + 2;
                return true;
            }
        }

        error = new CommandError(open + 1, "the template is never closed", "close it with }}; for the two braces themselves write {{ \"{{\" }}");
        return false;
    }
}
