using System.CommandLine;
using System.Text;
using Scout.Cli.Grammar;

namespace Scout.Cli.Help;

/// <summary>Writes help from the grammar, so that it cannot tell anything else than the parser does.</summary>
internal static class HelpPage
{
    private const int MaxWidth = 110;

    /// <summary>Columns that an explanation needs beside what it explains.</summary>
    private const int Readable = 24;

    /// <summary>Where it begins when it goes below.</summary>
    private const int Below = 6;

    public static string Of(Command command, int? terminalWidth)
    {
        int width = Math.Min(terminalWidth ?? 100, MaxWidth);
        var page = new StringBuilder();
        if (command.Parents.Any()) OfCommand(page, command, width);
        else OfRoot(page, command, width);
        return page.ToString();
    }

    /// <summary><c>scout maintenance start</c>.</summary>
    public static string Path(Command command)
    {
        var names = new List<string>();
        for (Symbol? symbol = command; symbol is not null; symbol = symbol.Parents.FirstOrDefault()) names.Insert(0, symbol.Name);
        return string.Join(' ', names);
    }

    private static void OfRoot(StringBuilder page, Command root, int width)
    {
        Paragraph(page, root.Description ?? "", width);
        page.AppendLine();
        page.AppendLine("Usage:  scout COMMAND [TARGET...] [OPTIONS]").AppendLine();
        foreach ((string title, string[] names) in RootText.Groups)
        {
            page.AppendLine(title);
            foreach (Command member in names.SelectMany(name => root.Subcommands.Where(command => command.Name == name)))
            {
                string name = member is CommandFamily ? $"{member.Name} {string.Join('|', Visible(member.Subcommands).Select(sub => sub.Name))}" : member.Name;
                Row(page, name, member.Description ?? "", width, 42);
            }

            page.AppendLine();
        }

        page.AppendLine("Examples");
        Examples(page, RootText.Examples, width);
        foreach (string line in RootText.After) Indented(page, line, width);
    }

    private static void OfCommand(StringBuilder page, Command command, int width)
    {
        Paragraph(page, command.Description ?? "", width);
        page.AppendLine();
        page.Append("Usage:  ").Append(Path(command));
        // A family wants one of its members; a command that has some does something by itself too.
        if (command.Subcommands.Count > 0) page.Append(command is CommandFamily ? " COMMAND" : " [COMMAND]");
        foreach (Argument argument in command.Arguments) page.Append(' ').Append(Shape(argument));
        if (Visible(command.Options).Any()) page.Append(" [OPTIONS]");
        page.AppendLine().AppendLine();
        if (command is ScoutCommand { Notes.Length: > 0 } noted)
        {
            foreach (string paragraph in noted.Notes.Split('\n')) Paragraph(page, paragraph, width);
            page.AppendLine();
        }

        if (command.Subcommands.Count > 0)
        {
            page.AppendLine("Commands");
            foreach (Command member in Visible(command.Subcommands)) Row(page, member.Name, member.Description ?? "", width, 22);
            page.AppendLine();
        }

        Arguments(page, command, width);
        Options(page, command, width);
        if (command is ScoutCommand { Examples.Count: > 0 } shown)
        {
            page.AppendLine("Examples");
            Examples(page, shown.Examples, width);
        }

        Paragraph(page, "'scout --help' has the exit codes and where to ask.", width);
    }

    private static void Arguments(StringBuilder page, Command command, int width)
    {
        if (command.Arguments.Count == 0) return;
        page.AppendLine("Arguments");
        foreach (Argument argument in command.Arguments) Row(page, argument.Name, argument.Description ?? "", width, 30);
        page.AppendLine();
    }

    private static void Options(StringBuilder page, Command command, int width)
    {
        var options = Visible(command.Options).ToList();
        if (options.Count == 0) return;
        page.AppendLine("Options");
        foreach (Option option in options)
        {
            string shortName = option.Aliases.FirstOrDefault(alias => alias.Length == 2) is { } alias ? alias + ", " : "    ";
            string value = option.ValueType == typeof(bool) ? "" : " " + (option.HelpName ?? "VALUE");
            string description = option.Description ?? "";
            if (option is ChoiceOption choice) description += $": {string.Join(", ", choice.Values)}";
            Row(page, shortName + option.Name + value, description, width, 30);
        }

        page.AppendLine();
    }

    private static void Examples(StringBuilder page, IReadOnlyList<Example> examples, int width)
    {
        foreach (Example example in examples) Row(page, example.Line, example.What, width, 58);
        page.AppendLine();
    }

    private static void Row(StringBuilder page, string left, string right, int width, int column)
    {
        // On a narrow terminal the explanation goes below: two columns would leave it a word a line.
        if (width - column < Readable) column = Math.Min(column, Below);
        page.Append("  ").Append(left);
        if (left.Length + 4 > column)
        {
            page.AppendLine();
            page.Append(' ', column);
        }
        else
        {
            page.Append(' ', column - left.Length - 2);
        }

        bool first = true;
        foreach (string line in Wrap(right, Math.Max(width - column, 20)))
        {
            if (!first) page.Append(' ', column);
            page.AppendLine(line);
            first = false;
        }

        if (first) page.AppendLine();
    }

    // What follows the first line stands under its first word, or under the explanation of an exit code.
    private static void Indented(StringBuilder page, string text, int width)
    {
        int indent = text.Length - text.TrimStart().Length;
        int hanging = indent > 0 && text.Length > indent + 2 && text.IndexOf("  ", indent, StringComparison.Ordinal) is > 0 and var gap ? gap + 2 : indent;
        bool first = true;
        foreach (string line in Wrap(text.TrimStart(), Math.Max(width - hanging, 20)))
        {
            page.Append(' ', first ? indent : hanging).AppendLine(line);
            first = false;
        }

        if (first) page.AppendLine();
    }

    private static void Paragraph(StringBuilder page, string text, int width)
    {
        foreach (string line in Wrap(text, width)) page.AppendLine(line);
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }

        if (line.Length > 0) yield return line.ToString();
    }

    private static string Shape(Argument argument)
    {
        string name = argument.Name;
        if (argument.Arity.MaximumNumberOfValues > 1) name += "...";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name;
    }

    private static IEnumerable<T> Visible<T>(IEnumerable<T> symbols)
        where T : Symbol => symbols.Where(symbol => !symbol.Hidden);
}
