using System.Text.Json;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>Expands what a definition says into what is run (machines.md section 9): split first, so a value cannot become an argument.</summary>
internal static class CommandWords
{
    public static bool TryExpand(CommandTemplate command, HostCore core, LiveMachine machine, out IReadOnlyList<string> words, out string? error)
    {
        error = null;
        var expanded = new string[command.Words.Length];
        words = expanded;
        TemplateScope scope = command.IsLiteral ? default : Scope(core, machine);
        for (int i = 0; i < expanded.Length; i++)
        {
            TextTemplate word = command.Words[i];
            if (word.IsLiteral) expanded[i] = word.Source;
            else if (!TryExpand(word, scope, out expanded[i], out error)) return false;
        }

        return true;
    }

    /// <summary>Expands one text; facts and overrides are files of somebody else, and may hold texts that cannot be read.</summary>
    public static bool TryExpand(TextTemplate text, TemplateScope scope, out string value, out string? error)
    {
        try
        {
            return text.TryExpand(scope, out value, out error);
        }
        catch (Exception bad) when (MachineData.IsBadJson(bad))
        {
            value = text.Source;
            error = $"a value cannot be read: {bad.Message}";
            return false;
        }
    }

    public static TemplateScope Scope(HostCore core, LiveMachine machine) =>
        new(machine.Name, core.Options.Facts(), MachineData.Read(machine.Record.Data), core.Options.Overrides());

    /// <summary>The outcome of a run whose command could not be made.</summary>
    public static RunOutcome Failed(string? error, DateTimeOffset wall) => new()
    {
        Id = 0,
        Status = CheckStatus.Unknown,
        Reason = "bad_command",
        StartedAt = wall,
        Output = new RunOutput(error ?? "the command could not be expanded", "", [], 0, ""),
        RawOutput = error ?? "",
    };
}
