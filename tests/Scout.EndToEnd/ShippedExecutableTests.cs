using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>What trimming and packing into one file could break without a word: <c>out/scout</c> alone, and each way it prints.</summary>
public sealed class ShippedExecutableTests
{
    [Fact]
    public async Task It_is_one_file_that_runs_where_there_is_no_framework()
    {
        using var folder = new TempFolder();
        string alone = folder.File("scout");
        File.Copy(ScoutExecutable.Path, alone);
        var nowhere = new Dictionary<string, string> { ["DOTNET_ROOT"] = folder.File("none"), ["PATH"] = "/usr/bin:/bin", ["HOME"] = folder.Path };
        await using ChildProcess version = ChildProcess.Start(alone, ["version"], nowhere, folder.Path);
        await version.PrintedAsync("scout ");
        await using ChildProcess lint = ChildProcess.Start(alone, ["machine", "lint", Path.Combine(Repository.Root, "machines")], nowhere, folder.Path);
        Assert.True(await lint.ExitAsync() == 0, lint.Output);
        Assert.Contains(": 0 errors", lint.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_output_format_prints()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "formats", broker: null);
        node.Define("checks.yaml", "checks:\n  - { name: fine, plugin: check_dummy 0 'all is well', interval: 1s }\n");
        await node.StartAsync();
        await node.ReachesAsync("fine", "OK");
        foreach (string format in (string[])["table", "wide", "json", "jsonl", "yaml", "name"])
        {
            CommandResult result = await node.ScoutAsync("status", "formats/*", "-o", format);
            Assert.True(result.ExitCode == 0 && result.Stdout.Contains("fine", StringComparison.Ordinal), $"-o {format}: {result}");
        }

        foreach (string[] asked in (string[][])[["inspect", "formats/fine", "-o", "json"], ["nodes", "-o", "json"], ["history", "formats/fine", "-o", "jsonl"], ["check", "formats/fine", "-o", "json"]])
        {
            CommandResult result = await node.ScoutAsync(asked);
            Assert.True(result.ExitCode == 0, $"{string.Join(' ', asked)}: {result}");
            if (asked[^1] == "json") Assert.NotEqual(JsonValueKind.Undefined, result.Json().ValueKind);
            else Assert.NotEmpty(result.JsonLines());
        }
    }
}
