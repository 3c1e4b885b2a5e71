using Scout.Checks.Execution;
using Scout.Cli.Grammar;
using Scout.Machines.Definitions;

namespace Scout.Cli.Hosts;

/// <summary>Looks for the programs of definitions where a node would (plugins.md section 1).</summary>
internal static class ProgramLint
{
    public static IEnumerable<Finding> Check(CommandContext context, IEnumerable<DefinitionFile> files)
    {
        foreach (DefinitionFile file in files)
        {
            for (int i = 0; i < file.Machines.Length; i++)
            {
                MachineDefinition machine = file.Machines[i];
                foreach (WatcherDefinition watcher in machine.Watchers)
                {
                    if (Program(watcher) is not { } program || Find(context, file.Path, program) is not { } problem) continue;
                    yield return new Finding(
                        file.Path, 1, 1, Severity.Warning, FindingKind.BadCommand, $"{machine.Name}, {watcher.Name}: {problem}", "install it, or name it with its path");
                }
            }
        }
    }

    private static string? Program(WatcherDefinition watcher)
    {
        CommandTemplate? command = watcher switch
        {
            NagiosWatcher { Subject: PluginSubject plugin } => plugin.Command,
            ExecWatcher exec => exec.Command,
            MetricWatcher metric => metric.Command,
            _ => null,
        };
        string? word = command?.Words[0].Source;
        return word is null || word.Contains("{{", StringComparison.Ordinal) ? null : word;
    }

    private static string? Find(CommandContext context, string file, string program)
    {
        string folder = Path.GetDirectoryName(context.Path(file))!;
        string[] candidates = program.Contains('/', StringComparison.Ordinal)
            ? [Path.GetFullPath(program, folder)]
            : [.. ((string[])[folder, .. PluginExecutorOptions.DefaultPluginPath, .. PluginExecutorOptions.SystemPath.Split(':')]).Select(place => Path.Combine(place, program))];
        const UnixFileMode executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (candidates.Any(path => File.Exists(path) && (File.GetUnixFileMode(path) & executable) != UnixFileMode.None)) return null;
        string? there = candidates.FirstOrDefault(File.Exists);
        return there is null ? $"there is no program '{program}'" : $"{there} is not executable";
    }
}
