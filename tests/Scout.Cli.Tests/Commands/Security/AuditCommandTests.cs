using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Audit;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands.Security;

public sealed class AuditCommandTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Rows_come_from_the_stream()
    {
        await using FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.EnrolAsync("web1");
        await fleet.AuditAsync("web1", "pay_api");
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.Done, await console.RunAsync("audit", "web1/pay_api", "--broker", fleet.Url, "-o", "json"));
        JsonElement row = Assert.Single(JsonDocument.Parse(console.Output).RootElement.EnumerateArray());
        Assert.Equal(("web1", "pay_api"), (row.GetProperty("source").GetString(), row.GetProperty("machines")[0].GetString()));
        Assert.Equal(ExitCode.NothingMatched, await console.RunAsync("audit", "web1/other", "--broker", fleet.Url));
        Assert.Equal(ExitCode.NothingMatched, await console.RunAsync("audit", "--caller", "nobody", "--broker", fleet.Url));
    }

    [Fact]
    public async Task Rows_come_from_files_the_older_ones_first()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Write("audit.jsonl.1", (now.AddMinutes(-2), "anna", "allowed", "disk"));
        Write("audit.jsonl", (now.AddMinutes(-1), "bob", "denied", "pay"), (now.AddDays(-3), "old", "denied", "pay"));
        File.AppendAllText(folder.File("audit.jsonl"), "no row\n");
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.Done, await console.RunAsync("audit", "--file", folder.Path, "-o", "jsonl"));
        string[] callers = [.. console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("caller").GetString()!)];
        Assert.Equal(["anna", "bob"], callers);
        Assert.Contains("1 lines are no rows", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decision_caller_and_machine_narrow_it_down()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Write("audit.jsonl", (now, "anna", "allowed", "disk"), (now, "bob", "denied", "pay"), (now, "bert", "refused", "disk"));
        Assert.Equal(["bob", "bert"], await CallersAsync("--decision", "denied,refused"));
        Assert.Equal(["bob", "bert"], await CallersAsync("--caller", "b*"));
        Assert.Equal(["anna", "bert"], await CallersAsync("web1/disk"));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_usage()
    {
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.Usage, await console.RunAsync("audit", "--file", folder.File("none.jsonl")));
    }

    private async Task<string[]> CallersAsync(params string[] args)
    {
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.Done, await console.RunAsync(["audit", .. args, "--file", folder.File("audit.jsonl"), "-o", "json"]));
        return [.. JsonDocument.Parse(console.Output).RootElement.EnumerateArray().Select(row => row.GetProperty("caller").GetString()!)];
    }

    private void Write(string name, params (DateTimeOffset Time, string Caller, string Decision, string Machine)[] rows) => folder.Write(name, string.Concat(rows.Select(row => Encoding.UTF8.GetString(AuditLine.ToBytes(
        row.Time, "web1", new AuditData { Caller = row.Caller, Action = "check", Request = "1", Scope = "node", Decision = row.Decision, Code = "ok", Machines = ImmutableArray.Create(row.Machine) })))));
}
