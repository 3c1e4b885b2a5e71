namespace Scout.Checks.Tests.Execution;

/// <summary>Too much output, and output on the edge (reliability.md R7).</summary>
[Collection(nameof(ExecutorCollection))]
[Trait("fault", "R7")]
public sealed class FloodTests
{
    private const int Kept = 64 * 1024;
    private const int Limit = 1024 * 1024;

    [Theory]
    [InlineData("flood", true)]
    [InlineData("flood-err", false)]
    [InlineData("flood-both", true)]
    public async Task An_endless_writer_is_ended_at_its_limit(string mode, bool stdout)
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily(mode);
        Assert.Equal((CheckStatus.Unknown, "output_limit"), (result.Status, result.Reason));
        Assert.True(result.BytesPrinted > Limit);
        Assert.Equal(stdout ? Kept : 0, result.Stdout.Length);
        Assert.Equal(stdout, result.Truncated);
        Assert.True(result.Output.Stderr.Length <= 8192);
        await ExecutorLab.Eventually(() => lab.Carriers().Count == 0, () => "it lives on");
    }

    [Fact]
    public async Task An_endless_writer_that_ignores_term_is_dead_a_second_later()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("flood-deaf");
        Assert.Equal(("output_limit", "SIGKILL"), (result.Reason, result.Signal));
    }

    [Theory]
    [InlineData(Kept - 1, false)]
    [InlineData(Kept, false)]
    [InlineData(Kept + 1, true)]
    [InlineData(Limit, true)]
    public async Task On_the_edge_what_is_kept_is_exact(int bytes, bool truncated)
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("bytes", $"{bytes}");
        Assert.Equal((CheckStatus.Ok, "exit"), (result.Status, result.Reason));
        Assert.Equal((long)bytes, result.BytesPrinted);
        Assert.Equal(Math.Min(bytes, Kept), result.Stdout.Length);
        Assert.Equal(truncated, result.Truncated);
    }

    [Fact]
    public async Task One_byte_over_a_mebibyte_is_too_much_even_after_exit_0()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("bytes", $"{Limit + 1}");
        Assert.Equal((CheckStatus.Unknown, "output_limit"), (result.Status, result.Reason));
    }

    [Fact]
    public async Task A_character_and_a_number_on_the_edge_are_not_cut_short()
    {
        await using var lab = new ExecutorLab();
        PluginResult character = await lab.Nastily("bytes", $"{Kept - 1}", "x", "€");
        Assert.Equal(new string('x', Kept - 1), character.Stdout);
        Assert.True(character.Truncated);

        PluginResult number = await lab.Nastily("bytes", $"{Kept - 12}", "x", "| a=1 b=123456789");
        Assert.Equal("a", Assert.Single(number.Output.PerfData).Label);
        Assert.Equal(0, number.Output.PerfDataErrors.Count);
    }

    [Fact]
    public async Task A_larger_cap_keeps_more()
    {
        await using var lab = new ExecutorLab(options => options with { MaxOutput = 512 * 1024 });
        Assert.Equal(300_000, (await lab.Nastily("bytes", "300000")).Stdout.Length);
    }

    [Fact]
    public async Task Three_hundred_kilobytes_in_one_write_arrive_whole()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Run(lab.Request("/usr/bin/env", "dd", "if=/dev/zero", "bs=300000", "count=1", "status=none"));
        Assert.Equal((CheckStatus.Ok, 300_000L), (result.Status, result.BytesPrinted));
        Assert.Equal(new string('\uFFFD', Kept), result.Stdout);
    }

    [Fact]
    public async Task A_hundred_thousand_numbers_become_512_at_most()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily("perf", "20000");
        Assert.Equal(512, result.Output.PerfData.Count);
        Assert.True(result.Truncated);
    }

    [Fact]
    public async Task A_slow_writer_is_read_until_its_deadline()
    {
        await using var lab = new ExecutorLab();
        PluginResult result = await lab.Nastily(TimeSpan.FromMilliseconds(600), "drip");
        Assert.Equal("timeout", result.Reason);
        Assert.InRange(result.BytesPrinted, 3, 8);
    }

    [Fact]
    public async Task Quiet_checks_beside_a_flood_are_not_late()
    {
        await using var lab = new ExecutorLab();
        Task<PluginResult> flood = lab.Nastily("flood-deaf");
        Task<PluginResult>[] quiet = [.. Enumerable.Range(0, 10).Select(_ => lab.Run(lab.Request("/bin/echo", "OK")))];
        PluginResult[] results = await Task.WhenAll(quiet);
        Assert.All(results, result => Assert.Equal((CheckStatus.Ok, "OK"), (result.Status, result.Output.Text)));
        Assert.False(flood.IsCompleted);
        await flood;
    }
}
