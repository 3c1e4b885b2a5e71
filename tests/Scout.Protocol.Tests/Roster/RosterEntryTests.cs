using System.Text;
using Scout.Protocol.Roster;

namespace Scout.Protocol.Tests.Roster;

public sealed class RosterEntryTests
{
    [Fact]
    public void It_is_read_as_it_was_written()
    {
        RosterEntry entry = Make();
        Assert.True(RosterEntry.TryRead("web1", entry.ToBytes(), out RosterEntry? read, out string? error), error);
        Assert.Equal(Encoding.UTF8.GetString(entry.ToBytes()), Encoding.UTF8.GetString(read.ToBytes()));
        Assert.Contains("\"alive_s\":300", Encoding.UTF8.GetString(entry.ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_under_another_key_does_not_count()
    {
        Assert.False(RosterEntry.TryRead("web2", Make().ToBytes(), out _, out string? error));
        Assert.Contains("another node", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"stream\":\"SCOUT_EVENTS\",\"seq\":7}")]
    [InlineData("{\"schema\":\"io.scout.node.v2\",\"node\":\"web1\",\"version\":\"1\",\"os\":\"l\",\"arch\":\"x\",\"machines\":1,\"started\":\"2026-11-21T00:00:00Z\",\"alive_s\":1}")]
    [InlineData("{\"schema\":\"io.scout.node.v1\",\"node\":\"web1\",\"version\":\"1\",\"os\":\"l\",\"arch\":\"x\",\"machines\":1,\"started\":\"today\",\"alive_s\":1}")]
    public void Garbage_such_as_a_steered_acknowledgement_does_not_count(string json) =>
        Assert.False(RosterEntry.TryRead("web1", Encoding.UTF8.GetBytes(json), out _, out _));

    [Fact]
    public void Fields_of_a_newer_node_are_stepped_over()
    {
        string json = Encoding.UTF8.GetString(Make().ToBytes()).Replace("\"os\"", "\"newer\":{\"port\":1},\"mesh\":{\"port\":8620},\"os\"", StringComparison.Ordinal);
        Assert.True(RosterEntry.TryRead("web1", Encoding.UTF8.GetBytes(json), out _, out string? error), error);
    }

    [Fact]
    public void An_entry_over_16_kibibytes_does_not_count()
    {
        RosterEntry entry = Make() with { Zone = new string('x', RosterEntry.MaxBytes) };
        Assert.False(RosterEntry.TryRead("web1", entry.ToBytes(), out _, out _));
    }

    private static RosterEntry Make() => new()
    {
        Node = "web1",
        Version = "0.1.0",
        Os = "linux",
        Arch = "x64",
        Machines = 3,
        Started = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero),
        AliveS = 300,
        Groups = ["a"],
    };
}
