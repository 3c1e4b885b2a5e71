using Scout.Checks.Execution;
using Scout.Cli.Grammar;
using Scout.Machines.Definitions;

namespace Scout.Cli.Hosts;

/// <summary>Looks for the programs of definitions where a node would (plugins.md section 1).</summary>
internal static class ProgramLint
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Null when a program is there; else what is wrong with it, and what to do.</summary>
    public static (string Problem, string Hint)? Look(CommandContext context, DefinitionFile file, string program)
    {
        string folder = Path.GetDirectoryName(context.Path(file.Path))!;
        string[] candidates = program.Contains('/', StringComparison.Ordinal)
            ? [Path.GetFullPath(program, folder)]
            : [.. ((string[])[folder, .. PluginExecutorOptions.DefaultPluginPath, .. PluginExecutorOptions.SystemPath.Split(':')]).Select(place => Path.Combine(place, program))];
        if (candidates.Any(path => File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != UnixFileMode.None)) return null;
        if (candidates.FirstOrDefault(File.Exists) is { } there) return ($"{Show.Escape(there)} is not executable", $"chmod +x {Show.Escape(there)}");
        if (candidates.FirstOrDefault(Directory.Exists) is { } directory) return ($"{Show.Escape(directory)} is a folder", "name the program itself");
        return ($"there is no program {Show.Quote(program)}", "install it, or name it with its path");
    }
}
