using System.CommandLine;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Options;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;

namespace Scout.Cli.Commands;

/// <summary><c>scout probe tcp HOST:PORT</c> and its sisters. The options are those of the definition, with <c>-</c> for <c>_</c>.</summary>
internal sealed class ProbeCommand : ScoutCommand
{
    private readonly ProbeKind kind;
    private readonly Argument<string?> subject;
    private readonly List<ProbeOption> options;
    private readonly Option<string> timeout = new("--timeout") { HelpName = "T", Description = "100ms to 1h for all phases together (5s)" };
    private readonly OutputOption output = new("text", "json", "jsonl", "yaml");
    private readonly NagiosOption nagios = new();

    public ProbeCommand(ProbeKind kind)
        : base(kind.Name, Capital(kind.Summary))
    {
        this.kind = kind;
        subject = new Argument<string?>(kind.ObjectName) { Arity = ArgumentArity.ZeroOrOne, Description = $"{string.Join(" and ", kind.Options.Where(option => option.Required).Select(option => option.Name))}, here or as options" };
        Add(subject);
        options = [.. kind.Options.Select(ProbeOption.Of)];
        foreach (ProbeOption option in options) Add(option.Option);
        Add(timeout);
        output.AddTo(this);
        nagios.AddTo(this);
        Notes = "One attempt, one line: status, what happened, numbers. Exit 0 when it is OK, 1 when it is not, 2 when the command makes no sense; with --nagios the status. "
            + $"In a definition: {kind.Name}: {kind.Example}";
        Examples = [.. kind.CommandLines.Select(line => new Example($"scout probe {kind.Name} {line.Line}", line.What))];
    }

    public override Task<int> RunAsync(CommandContext context) => nagios.GuardAsync(context, () =>
    {
        TimeSpan limit = context.Get(timeout) is { } text ? Durations.Read("--timeout", text, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)) : ProbeDefaults.UsualTimeout;
        OutputFormat format = output.Read(context);
        var entries = new List<OptionEntry>();
        if (context.Get(subject) is { } named) entries.AddRange(kind.Object(named).Select(pair => Entry(pair.Key, new OptionText(pair.Value, Quoted: true, 1, 1))));
        foreach (ProbeOption option in options)
        {
            if (option.Read(context) is not { } value) continue;
            if (entries.Exists(entry => entry.Key == option.Key)) throw CliException.Usage($"'{option.Key}' is given twice, as {kind.ObjectName} and as {option.Option.Name}", "leave one out");
            entries.Add(Entry(option.Key, value));
        }

        ProbeReading reading = ProbeCatalog.Read(kind.Name, new OptionMap(entries, 1, 1), new ProbeDefaults { Timeout = limit, Folder = context.Path(".") });
        if (reading.Findings is [{ } finding, ..]) throw CliException.Usage($"{finding.Code}: {finding.Message}", $"{finding.Hint}; see 'scout probe {kind.Name} --help'");
        return ProbeHost.RunAsync(context, kind, reading.Options!, format, nagios.Given(context));
    });

    private static OptionEntry Entry(string key, OptionNode value) => new(key, 1, 1, value);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
