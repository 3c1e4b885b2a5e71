using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Machines.Definitions;
using Scout.Machines.Simulated;

namespace Scout.Cli.Commands;

/// <summary><c>scout machine test PATH...</c>.</summary>
internal sealed class MachineTestCommand : ScoutCommand
{
    private readonly Argument<string[]> paths = new("PATH") { Arity = ArgumentArity.OneOrMore, Description = "NAME.test.yaml, or folders with such files" };
    private readonly Option<bool> trace = new("--trace") { Description = "Show what happened in every scenario, not only in those that failed" };
    private readonly OutputOption output = new("tap", "junit", "json");

    public MachineTestCommand()
        : base("test", "Play scenarios against definitions, in virtual time")
    {
        Add(paths);
        Add(trace);
        output.AddTo(this);
        Notes = "No process is started and no time passes: answers come from the scenario. Exit 0: as wanted. 1: not. 2: a path that cannot be read.";
        Examples = [new("scout machine test machines/disk.test.yaml", "one file"), new("scout machine test machines/ -o junit", "everything, for a CI server")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string mode = output.Word(context) ?? "tap";
        return Task.FromResult(Test(context, context.Get(paths)!, mode, context.Get(trace)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Test(CommandContext context, string[] paths, string mode, bool trace)
    {
        ScenarioReport[] reports = [.. DefinitionFiles.Tests(context, paths).Select(path => Run(context, path))];
        switch (mode)
        {
            case "junit":
                context.Io.Out.Write(JunitText.Render(reports));
                break;
            case "json":
                context.Io.Out.WriteLine(JsonText.Render(writer => Write(writer, reports), indented: true));
                break;
            default:
                context.Io.Out.Write(TapText.Render(reports, trace));
                break;
        }

        return reports.All(report => report.Passed) ? ExitCode.Done : ExitCode.TargetFailed;
    }

    private static ScenarioReport Run(CommandContext context, string path)
    {
        ScenarioFile file = ScenarioReader.Read(path, DefinitionFiles.Content(context, path), DefinitionFiles.Syntax);
        return ScenarioRunner.Run(file, Definitions(context, file), DefinitionFiles.Syntax);
    }

    // A definition that is not there is the test's finding, not the end of all tests.
    private static DefinitionFile Definitions(CommandContext context, ScenarioFile file)
    {
        string path = file.MachinePath;
        if (file.HasErrors) return new DefinitionFile { Path = path, Machines = [], Findings = [] };
        try
        {
            return DefinitionFiles.ReadOne(context, path);
        }
        catch (CliException failure)
        {
            return new DefinitionFile { Path = path, Machines = [], Findings = [Finding.Unreadable(path, failure.Message)] };
        }
    }

    private static void Write(Utf8JsonWriter writer, ScenarioReport[] reports)
    {
        writer.WriteStartArray();
        foreach (ScenarioReport report in reports)
        {
            writer.WriteStartObject();
            writer.WriteString("file", report.File.Path);
            writer.Text("machine", report.Machine?.Name);
            writer.WriteBoolean("passed", report.Passed);
            writer.WriteStartArray("findings");
            foreach (Finding finding in report.Findings) FindingText.View.Json(writer, finding);
            writer.WriteEndArray();
            writer.WriteStartArray("scenarios");
            foreach (ScenarioResult result in report.Results)
            {
                writer.WriteStartObject();
                writer.WriteString("name", result.Scenario.Name);
                writer.WriteBoolean("passed", result.Passed);
                writer.WriteStartArray("failures");
                foreach (ScenarioFailure failure in result.Failures)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("step", failure.Step);
                    writer.WriteNumber("line", failure.Line);
                    writer.WriteNumber("column", failure.Column);
                    writer.WriteString("wanted", failure.Wanted);
                    writer.WriteString("got", failure.Got);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.Texts("tape", result.Passed ? [] : result.Tape);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.Texts("states_never_exercised", report.StatesNeverExercised);
            writer.Texts("transitions_never_exercised", report.TransitionsNeverExercised);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
