using Scout.Cli.Errors;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands.Security;

public sealed class PolicyCommandTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--role operator --action transition --machine disk", 0, "allowed by ")]
    [InlineData("--role operator --action transition --machine pay_api", 1, "denied: ask the payments team (policy rule 3)")]
    [InlineData("--role operator --action transition --machine pay_api --caller alice", 0, "allowed by ")]
    [InlineData("--role viewer --action check", 1, "denied: role viewer may not ask for 'check'")]
    [InlineData("--role operator --action check", 1, "denied: no rule of the policy allows operator 'check'")]
    public async Task A_policy_is_asked_without_a_node(string line, int code, string said)
    {
        Write("""
            rules:
              - { allow: [ping, machines], roles: [viewer, operator] }
              - { allow: [transition], roles: [operator] }
              - { deny: [transition], machines: ["pay_*"], except_callers: [alice], reason: "ask the payments team" }
            """);
        using var console = new FakeConsole();
        Assert.Equal(code, await console.RunAsync(["policy", "test", .. line.Split(' '), "--file", folder.File("policy.yaml")]));
        Assert.StartsWith(said, console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_policy_is_shown_with_its_places()
    {
        Write("rules: [ { allow: [pong] } ]");
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.Usage, await console.RunAsync("policy", "check", folder.File("policy.yaml")));
        Assert.Contains(":1:20: error bad_value: 'pong' is none of 'allow'", console.Errors, StringComparison.Ordinal);
        Assert.Contains("did you mean 'ping'?", console.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await console.RunAsync("policy", "test", "--role", "viewer", "--action", "ping", "--file", folder.File("policy.yaml")));
    }

    [Fact]
    public async Task A_policy_that_others_may_write_is_not_good()
    {
        Write("rules: [ { allow: [ping] } ]");
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.Done, await console.RunAsync("policy", "check", folder.File("policy.yaml")));
        Assert.EndsWith("1 rules, good\n", console.Output, StringComparison.Ordinal);
        File.SetUnixFileMode(folder.File("policy.yaml"), (UnixFileMode)0b110_110_100);
        Assert.Equal(ExitCode.Usage, await console.RunAsync("policy", "check", folder.File("policy.yaml")));
        Assert.Contains("writable by others", console.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("policy test --action ping", "--role is missing")]
    [InlineData("policy test --role viewer", "--action is missing")]
    [InlineData("policy test --role viewer --action machine --machine a.b", "no name of a machine")]
    public async Task What_is_missing_is_named(string line, string problem)
    {
        using var console = new FakeConsole();
        Assert.Equal(ExitCode.Usage, await console.RunAsync(line.Split(' ')));
        Assert.Contains(problem, console.Errors, StringComparison.Ordinal);
    }

    private void Write(string yaml) => File.SetUnixFileMode(folder.Write("policy.yaml", yaml), UnixFileMode.UserRead | UnixFileMode.UserWrite);
}
