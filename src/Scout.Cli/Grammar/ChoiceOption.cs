using System.CommandLine;
using Scout.Cli.Errors;

namespace Scout.Cli.Grammar;

/// <summary>An option with a closed list of values; help, completion and refusals name them.</summary>
internal sealed class ChoiceOption : Option<string[]>
{
    public ChoiceOption(string name, string[] aliases, IReadOnlyList<string> values)
        : base(name, aliases)
    {
        Values = values;
        Arity = ArgumentArity.OneOrMore;
        AllowMultipleArgumentsPerToken = false;
    }

    public IReadOnlyList<string> Values { get; }

    /// <summary>The last value given, or null.</summary>
    public string? One(CommandContext context) => All(context) is [.., { } last] ? last : null;

    /// <summary>All values given; each may be a list with commas.</summary>
    /// <exception cref="CliException">A value that is none of them.</exception>
    public IReadOnlyList<string> All(CommandContext context)
    {
        string[] given = [.. (context.Get(this) ?? []).SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        foreach (string value in given)
        {
            if (Values.Contains(value, StringComparer.Ordinal)) continue;
            string known = string.Join(", ", Values);
            string hint = Nearest.Find(value, Values) is { } near ? $"did you mean '{near}'? known are {known}" : $"known are {known}";
            throw CliException.Usage($"{Name}: '{value}' is not one of its values", hint);
        }

        return given;
    }
}
