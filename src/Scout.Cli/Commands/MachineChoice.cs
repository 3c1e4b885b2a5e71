using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Machines.Definitions;
using Nearest = Scout.Cli.Errors.Nearest;

namespace Scout.Cli.Commands;

/// <summary><c>FILE[#machine]</c>.</summary>
internal static class MachineChoice
{
    /// <summary>The file and the machines meant, at least one.</summary>
    /// <exception cref="CliException">No such file or machine, or the file has errors, which are on stderr then.</exception>
    public static (DefinitionFile File, IReadOnlyList<MachineDefinition> Machines) Read(CommandContext context, string text, bool one)
    {
        int hash = text.LastIndexOf('#');
        string path = hash < 0 || File.Exists(context.Path(text)) ? text : text[..hash];
        string? name = path.Length == text.Length ? null : text[(hash + 1)..];
        DefinitionFile file = DefinitionFiles.ReadOne(context, path);
        if (file.HasErrors)
        {
            foreach (Finding finding in file.Findings) FindingText.WriteError(context.Io, finding);
            throw CliException.Usage($"{path} has errors");
        }

        string[] names = [.. file.Machines.Select(machine => machine.Name)];
        if (name is not null)
        {
            if (file.Machines.FirstOrDefault(machine => machine.Name == name) is { } found) return (file, [found]);
            throw CliException.Usage($"{path} has no machine '{name}'", Nearest.Find(name, names) is { } near ? $"did you mean '{path}#{near}'?" : $"it has {string.Join(", ", names)}");
        }

        if (one && names.Length > 1) throw CliException.Usage($"{path} has {names.Length} machines", $"name one: {path}#{names[0]}; it has {string.Join(", ", names)}");
        return (file, file.Machines);
    }
}
