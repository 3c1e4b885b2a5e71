using Microsoft.Extensions.Logging;
using Scout.Server.Logging;
using Scout.Testing;

namespace Scout.Server.Tests.Logging;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 21, 0, 42, 51, 261, TimeSpan.Zero);

    [Theory]
    [InlineData(LogFormat.Text, "2026-11-21T00:42:51.261Z WARNING outbox 3104 reconnected after 12 s")]
    [InlineData(LogFormat.Journal, "<4>2026-11-21T00:42:51.261Z WARNING outbox 3104 reconnected after 12 s")]
    [InlineData(LogFormat.Json, """{"time":"2026-11-21T00:42:51.261Z","level":"warning","id":3104,"category":"outbox","message":"reconnected after 12 s","seconds_away":"12"}""")]
    public void A_line_has_time_level_category_and_id(LogFormat format, string line) =>
        Assert.Equal(line, LogLine.Render(format, Time, LogLevel.Warning, "outbox", 3104, "reconnected after 12 s", [new("SecondsAway", 12), new("{OriginalFormat}", "x")], null));

    [Theory]
    [InlineData("a\nb", "a\\nb")]
    [InlineData("\u001b[31mred", "\\x1b[31mred")]
    [InlineData("\u009bx\r\t", "\\x9bx\\r\\t")]
    [InlineData("plain é", "plain é")]
    public void Nothing_from_outside_makes_a_second_line_or_moves_the_terminal(string text, string shown) => Assert.Equal(shown, LogLine.Escape(text));

    [Fact]
    public void The_same_id_and_machine_is_held_after_ten_a_minute_and_told_with_the_next()
    {
        var time = new ManualTime();
        var output = new StringWriter();
        using var logs = new LineLoggerFactory(output, LogLevel.Information, LogFormat.Text, time, () => { });
        ILogger log = logs.CreateLogger("machines");
        for (int i = 0; i < 15; i++) LogMessages.Transition(log, "disk", "OK", "CRITICAL", "CRITICAL", "check");
        LogMessages.Transition(log, "load", "OK", "CRITICAL", "CRITICAL", "check");
        time.Advance(TimeSpan.FromMinutes(1));
        LogMessages.Transition(log, "disk", "OK", "CRITICAL", "CRITICAL", "check");
        logs.Dispose();
        string[] lines = output.ToString().TrimEnd().Split('\n');
        Assert.Equal(12, lines.Length);
        Assert.EndsWith("disk OK -> CRITICAL (CRITICAL, check) (and 5 more like it in the last minute)", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_does_not_read_costs_lines_not_memory()
    {
        using var hold = new ManualResetEventSlim();
        var slow = new HeldWriter(hold);
        long dropped = 0;
        var queue = new LogQueue(slow, () => dropped++);
        for (int i = 0; i < LogQueue.Limit + 100; i++) queue.Add("x");
        Assert.InRange(dropped, 98, 100);
        hold.Set();
        queue.Flush();
        Assert.Contains("log lines were dropped", slow.Last, StringComparison.Ordinal);
    }

    private sealed class HeldWriter(ManualResetEventSlim hold) : StringWriter
    {
        public string Last { get; private set; } = "";

        public override void WriteLine(string? value)
        {
            hold.Wait();
            Last = value ?? "";
        }
    }
}
