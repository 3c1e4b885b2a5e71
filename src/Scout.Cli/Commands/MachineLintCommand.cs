using System.CommandLine;
using System.Runtime.CompilerServices;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Machines.Analysis;
using Scout.Machines.Definitions;

namespace Scout.Cli.Commands;

/// <summary><c>scout machine lint PATH...</c>.</summary>
internal sealed class MachineLintCommand : ScoutCommand
{
    private readonly Argument<string[]> paths = new("PATH") { Arity = ArgumentArity.OneOrMore, Description = "Files, or folders as a node reads them" };
    private readonly Option<bool> strict = new("--strict") { Description = "Warnings fail too" };
    private readonly Option<bool> plugins = new("--plugins") { Description = "Look for the programs too, as this machine would find them" };
    private readonly OutputOption output = new("table", "json", "jsonl", "yaml");

    public MachineLintCommand()
        : base("lint", "Find what is wrong, or probably not meant, in definitions")
    {
        Add(paths);
        Add(strict);
        Add(plugins);
        output.AddTo(this);
        Notes = "Exit 0: good. 1: errors (with --strict warnings too). 2: a path that cannot be read. Over a folder, references between machines are checked.";
        Examples = [new("scout machine lint /etc/scout/machines", "everything a node would read"), new("scout machine lint --strict --plugins disk.yaml", "before it goes out")];
    }

    public override Task<int> RunAsync(CommandContext context) => Task.FromResult(Lint(context, context.Get(paths)!, output.Read(context), context.Get(strict), context.Get(plugins)));

    private static string Counted(int count, string word) => $"{count} {word}{(count == 1 ? "" : "s")}";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Lint(CommandContext context, string[] paths, OutputFormat format, bool strict, bool plugins)
    {
        IReadOnlyList<DefinitionFile> files = DefinitionFiles.Read(context, paths, out bool overFolder);
        IReadOnlyList<Finding> findings = MachineLint.Run(files, DefinitionFiles.Syntax, overFolder, plugins ? (file, program) => ProgramLint.Look(context, file, program) : null);
        int errors = findings.Count(finding => finding.Severity == Severity.Error);
        int warnings = findings.Count(finding => finding.Severity == Severity.Warning);
        if (format == OutputFormat.Table)
        {
            foreach (Finding finding in findings) FindingText.Write(context.Io, finding);
            int machines = files.Sum(file => file.Machines.Length);
            context.Io.Error.WriteLine($"{Counted(files.Count, "file")}, {Counted(machines, "machine")}: {Counted(errors, "error")}, {Counted(warnings, "warning")}");
        }
        else
        {
            var writer = new RowWriter<Finding>(context.Io, FindingText.View, format);
            writer.AddRange(findings);
            writer.End();
        }

        return errors > 0 || (strict && warnings > 0) ? ExitCode.TargetFailed : ExitCode.Done;
    }
}
