using System.Text;
using System.Text.Json;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Audit;
using Scout.Protocol.Tests.Events;

namespace Scout.Protocol.Tests.Security.Audit;

[Trait("attack", "24")]
public sealed class AuditLineTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 21, 9, 0, 0, 250, TimeSpan.Zero);

    [Theory]
    [InlineData("audit")]
    [InlineData("audit_refused")]
    public void A_line_comes_back_as_it_was_written(string sample)
    {
        AuditData data = EventSamples.Data<AuditData>(sample);
        byte[] line = AuditLine.ToBytes(Time, "web1", data);
        Assert.True(AuditLine.TryRead(line, out AuditRecord? read));
        Assert.Equal((Time, "web1"), (read.Time, read.Source));
        Assert.Equal(line, AuditLine.ToBytes(read.Time, read.Source, read.Data));
        Assert.Equal((byte)'\n', line[^1]);
    }

    [Fact]
    public void The_line_is_one_flat_object()
    {
        using JsonDocument read = JsonDocument.Parse(AuditLine.ToBytes(Time, "web1", EventSamples.Data<AuditData>("audit")));
        Assert.Equal(("2026-11-21T09:00:00.250Z", "web1", "local:anna"), (Text("time"), Text("source"), Text("caller")));
        string Text(string name) => read.RootElement.GetProperty(name).GetString()!;
    }

    [Fact]
    public void No_text_makes_a_line_of_its_own_or_moves_a_terminal()
    {
        AuditData data = EventSamples.Data<AuditData>("audit") with { Reason = "x\n{\"time\":\"forged\"}\r\u001b[2J\u009b\u007f\u2028\"\\", Message = "\0\t" };
        byte[] line = AuditLine.ToBytes(Time, "web1", data);
        Assert.Equal(1, line.Count(one => one == '\n'));
        string text = Encoding.UTF8.GetString(line, 0, line.Length - 1);
        Assert.DoesNotContain(text, char.IsControl);
        Assert.True(AuditLine.TryRead(line, out AuditRecord? read));
        Assert.Equal(data.Reason, read.Data.Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"time":"yesterday","source":"web1","caller":"a","action":"ping","request":"","scope":"node","decision":"allowed","code":"ok"}""")]
    [InlineData("""{"time":"2026-11-21T09:00:00.250Z","source":"web1","caller":"a"}""")]
    [InlineData("""{"time":"2026-11-21T09:00:00.250Z","source":"web1","caller":7,"action":"ping","request":"","scope":"node","decision":"allowed","code":"ok"}""")]
    public void What_is_no_line_is_not_read(string line) => Assert.False(AuditLine.TryRead(Encoding.UTF8.GetBytes(line), out _));
}
