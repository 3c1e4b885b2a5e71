using System.Globalization;
using System.Text;

namespace Scout.Machines.Definitions.Templates;

/// <summary>
/// <c>part: '{{' pipeline '}}'; pipeline: command ( '|' command )*; command: function argument* | argument;
/// argument: text | number | true | false | '(' pipeline ')'</c>. What stands before a pipe becomes the last argument of what stands after it.
/// </summary>
internal ref struct TemplateParser
{
    private const int Deepest = 16;
    private const string Functions = "functions are lookup, o, Title, Capitalize, ToLower, ToUpper, StringsJoin, Base64Encode and Base64Decode";

    private const string Unclosed = "end with '}}'; for the two braces themselves write {{ \"{{\" }}";

    private readonly string text;
    private int at;
    private int depth;
    private SyntaxError error;

    private TemplateParser(string text) => this.text = text;

    public static bool TryParse(string text, out TextTemplate template, out SyntaxError error)
    {
        var parser = new TemplateParser(text);
        var parts = new List<TemplateExpression>();
        template = null!;
        while (parser.at < text.Length)
        {
            int open = text.IndexOf("{{", parser.at, StringComparison.Ordinal);
            int end = open < 0 ? text.Length : open;
            if (end > parser.at) parts.Add(new ConstantExpression(text[parser.at..end]));
            parser.at = end;
            if (open < 0) break;
            parser.at += 2;
            TemplateExpression? part = parser.Pipeline();
            if (part is not null && !parser.Take("}}"))
                part = parser.Fail(parser.at, parser.at >= text.Length ? "'{{' is not closed" : $"'{parser.Word()}' is not expected here", Unclosed);
            error = parser.error;
            if (part is null) return false;
            parts.Add(part);
        }

        error = default;
        template = new ParsedTemplate(text, [.. parts]);
        return true;
    }

    private TemplateExpression? Pipeline()
    {
        TemplateExpression? value = Command(null);
        while (value is not null && Take("|")) value = Command(value);
        return value;
    }

    private TemplateExpression? Command(TemplateExpression? piped)
    {
        Blank();
        int start = at;
        if (!IsName())
        {
            TemplateExpression? value = Argument();
            return value is not null && piped is not null ? Fail(start, "after '|' comes a function", Functions) : value;
        }

        string name = Name();
        if (name is "true" or "false" && piped is null) return new ConstantExpression(name);
        if (!CallExpression.ByName.TryGetValue(name, out TemplateFunction function)) return Unknown(start, name);
        var arguments = new List<TemplateExpression>();
        for (Blank(); at < text.Length && text[at] is not ('|' or ')' or '}'); Blank())
        {
            TemplateExpression? argument = Argument();
            if (argument is null) return null;
            arguments.Add(argument);
        }

        if (piped is not null) arguments.Add(piped);
        (int least, int most) = CallExpression.Arity(function);
        if (arguments.Count < least || arguments.Count > most)
        {
            string wanted = least == most ? $"{least}" : $"{least} or {most}";
            return Fail(start, $"{name} takes {wanted} argument{(most == 1 ? "" : "s")}, not {arguments.Count}", Usage(function, name));
        }

        return CheckPath(function, arguments[0], start) ? new CallExpression(function, [.. arguments]) : null;
    }

    private bool CheckPath(TemplateFunction function, TemplateExpression path, int start)
    {
        if (function is not (TemplateFunction.Lookup or TemplateFunction.Override) || path is not ConstantExpression constant) return true;
        bool good = TemplatePath.TrySplit(constant.Text, out List<string> steps)
            && (function == TemplateFunction.Override || steps[0] is "facts" or "data");
        if (!good) Fail(start, $"'{Shown(constant.Text)}' is no path", Usage(function, function == TemplateFunction.Override ? "o" : "lookup"));
        return good;
    }

    private TemplateExpression? Argument()
    {
        Blank();
        if (at >= text.Length) return Fail(at, "'{{' is not closed", Unclosed);
        int start = at;
        switch (text[at])
        {
            case '"':
            case '`':
                return Quoted(text[at]);
            case '(':
                at++;
                if (++depth > Deepest) return Fail(start, $"parentheses deeper than {Deepest}", "");
                TemplateExpression? inner = Pipeline();
                depth--;
                return inner is null || Take(")") ? inner : Fail(start, "'(' is not closed", "end with ')'");
            case '\'':
                return Fail(start, "a text stands in double quotes", "write \"...\"");
        }

        if (IsName())
        {
            string name = Name();
            if (name is "true" or "false") return new ConstantExpression(name);
            return CallExpression.ByName.ContainsKey(name)
                ? Fail(start, $"'{name}' as an argument needs parentheses", $"write ({name} ...)")
                : Unknown(start, name);
        }

        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '-' or '+' or '.' or 'e' or 'E')) at++;
        if (double.TryParse(text.AsSpan(start, at - start), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
            return new ConstantExpression(number.ToString("R", CultureInfo.InvariantCulture));
        at = start;
        return Fail(start, text[at] == '}' ? "there is nothing between '{{' and '}}'" : $"'{Word()}' is no text, number or function", Functions);
    }

    private TemplateExpression? Quoted(char quote)
    {
        int start = at++;
        var value = new StringBuilder();
        while (at < text.Length && text[at] != quote)
        {
            char next = text[at++];
            if (next == '\\' && quote == '"' && at < text.Length)
            {
                char escaped = text[at++];
                // A backslash before anything else stays, so that "a\.b" is a path with a dot in a key.
                _ = escaped switch
                {
                    '"' or '\\' => value.Append(escaped),
                    'n' => value.Append('\n'),
                    't' => value.Append('\t'),
                    _ => value.Append('\\').Append(escaped),
                };
            }
            else
            {
                value.Append(next);
            }
        }

        if (at >= text.Length) return Fail(start, "the text is not closed", $"end with {quote}");
        at++;
        return new ConstantExpression(value.ToString());
    }

    private TemplateExpression? Unknown(int start, string name)
    {
        string message = name is "if" or "else" or "end" or "range" or "with" or "define" or "template" or "block"
            ? $"'{name}': templates have no blocks" : $"'{Shown(name)}' is no function";
        string hint = name is "facts" or "data" ? $"a path stands in double quotes, such as lookup \"{name}.os\"" : Nearest.Hint(name, CallExpression.ByName.Keys, Functions);
        return Fail(start, message, hint);
    }

    private static string Usage(TemplateFunction function, string name) => function switch
    {
        TemplateFunction.Lookup => "lookup \"facts.<path>\" or \"data.<path>\", then a default",
        TemplateFunction.Override => "o \"<path>\", then a default",
        TemplateFunction.StringsJoin => "StringsJoin (lookup \"data.list\") \",\"",
        _ => $"{name} \"text\", or ... | {name}",
    };

    private TemplateExpression? Fail(int column, string message, string hint)
    {
        if (error.Message is null) error = new SyntaxError(column + 1, message, hint);
        return null;
    }

    private bool Take(string token)
    {
        Blank();
        if (string.CompareOrdinal(text, at, token, 0, token.Length) != 0) return false;
        at += token.Length;
        return true;
    }

    private void Blank()
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n') at++;
    }

    private readonly bool IsName() => at < text.Length && (char.IsAsciiLetter(text[at]) || text[at] == '_');

    private string Name()
    {
        int start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_')) at++;
        return text[start..at];
    }

    private readonly string Word()
    {
        int end = at + 1;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] != '}') end++;
        return Shown(text[at..Math.Min(end, text.Length)]);
    }

    private static string Shown(string text) => text.Length > 40 ? text[..40] + "..." : text;
}
