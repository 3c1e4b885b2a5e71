using System.CommandLine;
using System.CommandLine.Parsing;
using Scout.Cli.Errors;
using Scout.Cli.Help;

namespace Scout.Cli.Grammar;

/// <summary>Says what is wrong with a command line in our words, with the nearest known word.</summary>
internal static class ParseProblems
{
    /// <exception cref="CliException">The first thing that is wrong.</exception>
    public static void Check(ParseResult parse, IReadOnlyList<string> args)
    {
        Command command = parse.CommandResult.Command;
        string path = HelpPage.Path(command);
        string help = $"see '{path} --help'";
        int dashes = args.TakeWhile(arg => arg != "--").Count();
        bool OptionLike(string token) => token.Length > 1 && token[0] == '-' && args.Take(dashes).Contains(token);

        // The parser hands unknown options to an argument that takes many; we do not.
        string? stray = parse.UnmatchedTokens.Concat(Positional(parse)).FirstOrDefault(OptionLike);
        if (stray is not null)
        {
            string name = stray.Split('=')[0];
            IEnumerable<string> known = Options(command).SelectMany(option => option.Aliases.Append(option.Name)).Where(alias => alias.Length > 2);
            // The option is right and stands in front of the command.
            if (known.Contains(name)) throw CliException.Usage($"{name} stands before its command", $"write it behind: {path} {name}");
            throw CliException.Usage($"{path} has no option '{name}'", Nearest.Find(name, known) is { } near ? $"did you mean '{near}'? {help}" : help);
        }

        if (command is not ScoutCommand)
        {
            string[] names = [.. command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name)];
            if (parse.UnmatchedTokens is [{ } word, ..])
            {
                throw CliException.Usage($"{path} has no command '{word}'", Suggest(command, word) is { } near ? $"did you mean '{near}'?" : help);
            }

            throw CliException.Usage($"{path} wants a command", $"one of {string.Join(", ", names)}");
        }

        if (parse.UnmatchedTokens is [{ } extra, ..]) throw CliException.Usage($"{path}: '{extra}' is one word too many", help);
        if (parse.Errors is not [{ } error, ..]) return;
        if (error.SymbolResult is OptionResult { Tokens.Count: 0 } option)
        {
            throw CliException.Usage($"{path}: {option.IdentifierToken?.Value ?? option.Option.Name} wants a value", $"write {option.Option.Name} {option.Option.HelpName ?? "VALUE"}; {help}");
        }

        if (error.SymbolResult is OptionResult { Tokens.Count: > 1 } repeated)
        {
            throw CliException.Usage($"{path}: {repeated.Option.Name} was given {repeated.Tokens.Count} times", $"give it once; {help}");
        }

        Argument? missing = command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && parse.GetResult(argument) is null or { Tokens.Count: 0 });
        if (missing is not null) throw CliException.Usage($"{path} wants {missing.Name}", $"{missing.Description}; {help}");
        throw CliException.Usage($"{path}: {error.Message}", help);
    }

    private static IEnumerable<string> Positional(ParseResult parse) =>
        parse.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value);

    private static IEnumerable<Option> Options(Command command)
    {
        for (Symbol? symbol = command; symbol is Command here; symbol = symbol.Parents.FirstOrDefault())
        {
            foreach (Option option in here.Options.Where(option => here == command || option.Recursive)) yield return option;
        }
    }

    // Below the root a word may also be a member of a family: 'scout start' means 'scout maintenance start'.
    private static string? Suggest(Command command, string word)
    {
        if (Nearest.Find(word, command.Subcommands.Select(sub => sub.Name)) is { } near) return $"{HelpPage.Path(command)} {near}";
        foreach (Command family in command.Subcommands.Where(sub => sub is CommandFamily))
        {
            if (family.Subcommands.Any(sub => sub.Name == word)) return $"{HelpPage.Path(family)} {word}";
        }

        return null;
    }
}
