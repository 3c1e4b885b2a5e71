using Scout.Machines;
using Scout.Machines.Records;
using Scout.Server.Store.Encoding;

namespace Scout.Server.Tests.Store;

/// <summary>What the host needs after a restart comes back from the disk as it was.</summary>
public sealed class RecordRoundTripTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Theory]
    [InlineData(null)]
    [InlineData(CheckStatus.Warning)]
    [InlineData(CheckStatus.Critical)]
    public void An_acknowledgement_knows_what_was_believed(CheckStatus? believed)
    {
        var record = new MachineRecord { Name = "disk", State = "CRITICAL", Acknowledgement = new AcknowledgementRecord("on it", Now, "anna", Now) { Believed = believed } };
        Assert.Equal(record.Acknowledgement, Back(record).Acknowledgement);
    }

    [Fact]
    public void A_schedule_knows_since_when_its_level_is_what_it_is()
    {
        var watcher = new WatcherRecord { Name = "sun", Digest = "d", ScheduleOn = false, ScheduleSince = Now, FiredUntil = Now.AddHours(1) };
        var record = new MachineRecord { Name = "m", State = "DAY", Watchers = [watcher] };
        WatcherRecord back = Back(record).Watchers.Single();
        Assert.Equal((watcher.ScheduleOn, watcher.ScheduleSince, watcher.FiredUntil), (back.ScheduleOn, back.ScheduleSince, back.FiredUntil));
    }

    private static MachineRecord Back(MachineRecord record)
    {
        var writer = new FieldWriter();
        MachineRecordCodec.Write(writer, record);
        return MachineRecordCodec.Read(writer.Written) ?? throw new InvalidOperationException("not read back");
    }
}
