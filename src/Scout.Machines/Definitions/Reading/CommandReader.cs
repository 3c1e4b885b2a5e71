using System.Collections.Immutable;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>A command: a text split into words, or a list taken word for word; then each word is a template (machines.md sections 3 and 9).</summary>
internal static class CommandReader
{
    private const int MostWords = 256;
    private const int MostBytes = 64 * 1024;

    /// <summary>The key beside a command that says who runs it.</summary>
    public const string UserKey = "user";

    /// <summary>The command and, beside it, whom it runs as; null after an error.</summary>
    public static CommandTemplate? Read(FieldReader fields, string key, YamlNode node)
    {
        string? user = User(fields);
        return Command(fields, key, node) is { } command ? user is null ? command : command with { User = user } : null;
    }

    private static string? User(FieldReader fields)
    {
        if (fields.Find(UserKey) is not { } node || fields.Scalar(node, UserKey, "a user") is not { } scalar) return null;
        if (Names.IsUser(scalar.Text)) return fields.Context.Share(scalar.Text);
        fields.Context.Error(node, FindingKind.BadName, $"{Show.Quote(scalar.Text)} is no name of a user", "such as nagios: 1 to 32 of a-z, A-Z, 0-9, '_', '-' and '.', beginning with a letter or '_'");
        return null;
    }

    private static CommandTemplate? Command(FieldReader fields, string key, YamlNode node)
    {
        ReadContext context = fields.Context;
        switch (node)
        {
            case YamlScalar scalar:
                if (context.Options.Syntax.TrySplitCommand(scalar.Text, out IReadOnlyList<string> words, out SyntaxError error))
                    return Words(context, words, _ => node, scalar.Text);
                context.Error(node, FindingKind.BadCommand, $"'{key}' at column {error.Column} of the text: {error.Message}", error.Hint);
                return null;
            case YamlList list:
                var texts = new List<string>();
                foreach (YamlNode item in list.Items)
                {
                    if (item is not YamlScalar { IsMissing: false } word)
                    {
                        context.Error(item, FindingKind.WrongType, $"a word of '{key}' is {item.Kind}, wanted is a text", "write [check_disk, -w, 20%]");
                        return null;
                    }

                    texts.Add(word.Text);
                }

                return Check(context, key, list, texts) ? Words(context, texts, i => list.Items[i], null) : null;
            default:
                context.Error(node, FindingKind.WrongType, $"'{key}' is {node.Kind}, wanted is a command", $"write '{key}: check_disk -w 20%' or a list of words");
                return null;
        }
    }

    private static bool Check(ReadContext context, string key, YamlList list, List<string> words)
    {
        string? wrong =
            words.Count == 0 ? "no words" :
            words[0].Length == 0 ? "the program is an empty word" :
            words.Count > MostWords ? $"{words.Count} words" :
            words.Sum(word => System.Text.Encoding.UTF8.GetByteCount(word)) > MostBytes ? "more than 64 KiB" :
            words.Any(word => word.Contains('\0', StringComparison.Ordinal)) ? "a word holds NUL" : null;
        if (wrong is null) return true;
        context.Error(list, FindingKind.BadCommand, $"'{key}': {wrong}", $"1 to {MostWords} words, 64 KiB, such as [check_disk, -w, 20%]");
        return false;
    }

    private static CommandTemplate? Words(ReadContext context, IReadOnlyList<string> words, Func<int, YamlNode> where, string? whole)
    {
        var templates = ImmutableArray.CreateBuilder<TextTemplate>(words.Count);
        int openings = 0;
        bool good = true;
        for (int i = 0; i < words.Count; i++)
        {
            TextTemplate? template = context.Template(where(i), words[i], whole, openings);
            good &= template is not null;
            if (template is not null) templates.Add(template);
            openings += words[i].AsSpan().Count("{{");
        }

        if (!good) return null;
        // A word that is the whole command needs no second copy of its text.
        string source = whole is null ? Written(words) : words.Count == 1 && words[0] == whole ? templates[0].Source : whole;
        return new CommandTemplate(templates.DrainToImmutable(), source);
    }

    // Flow style: quoted where a plain word would read as something else.
    private static string Written(IReadOnlyList<string> words) =>
        "[" + string.Join(", ", words.Select(word => word.Length > 0 && word.All(IsPlain) ? word : "\"" + word.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal) + "\"")) + "]";

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-' or '+' or '=' or '%';
}
