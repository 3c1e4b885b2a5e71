using System.Text;
using Microsoft.Extensions.Logging;
using Scout.Broker.Supervision;

namespace Scout.Broker.Tests.Supervision;

[Trait("attack", "34")]
public sealed class ServerLineTests
{
    [Theory]
    [InlineData("[1] 2026/11/21 00:42:51.261000 [INF] Server is ready", LogLevel.Debug, "INF", "Server is ready")]
    [InlineData("[1] 2026/11/21 00:42:51.261000 [WRN] Readloop took 2s", LogLevel.Warning, "WRN", "Readloop took 2s")]
    [InlineData("[1] 2026/11/21 00:42:51.261000 [ERR] 127.0.0.1:1 - cid:5 - authentication error", LogLevel.Error, "ERR", "127.0.0.1:1 - cid:5 - authentication error")]
    [InlineData("[99] 2026/11/21 00:42:51.261000 [FTL] address already in use", LogLevel.Critical, "FTL", "address already in use")]
    [InlineData("panic: runtime error", LogLevel.Warning, "", "panic: runtime error")]
    [InlineData("[1] [XYZ] odd", LogLevel.Warning, "", "[1] [XYZ] odd")]
    [InlineData("[", LogLevel.Warning, "", "[")]
    [InlineData("[1] [INF", LogLevel.Warning, "", "[1] [INF")]
    public void Levels_are_mapped_and_odd_lines_are_shown(string line, LogLevel level, string tag, string text) =>
        Assert.Equal(new ServerLine(level, tag, text), ServerLine.Parse(line));

    [Fact]
    public async Task A_flood_is_drained_to_its_end_and_what_it_cost_is_counted()
    {
        byte[] flood = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 99) + "\n", 50_000)));
        List<string> lines = [];
        var drain = new LineDrain(new MemoryStream(flood), lines.Add);
        await drain.RunAsync(new ManualTime());
        Assert.Equal(LineDrain.MaxPerSecond, lines.Count);
        Assert.Equal(50_000 - LineDrain.MaxPerSecond, drain.Dropped);
    }

    [Fact]
    public async Task A_line_without_end_is_cut_and_control_characters_are_shown_as_such()
    {
        List<string> lines = [];
        var drain = new LineDrain(new MemoryStream([.. Encoding.UTF8.GetBytes("ü\u001b[31m\r\n\n"), .. new byte[1_000_000].Select(_ => (byte)'a')]), lines.Add);
        await drain.RunAsync(new ManualTime());
        Assert.Equal("ü\uFFFD[31m\uFFFD", lines[0]);
        Assert.Equal(LineDrain.MaxLine + 1, lines[1].Length);
        Assert.Equal(2, lines.Count);
    }
}
