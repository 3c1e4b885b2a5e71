using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Tests.Simulated;

namespace Scout.Machines.Tests.Hosting;

public sealed class AgendaTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_is_placed_moved_and_taken_out_the_first_is_the_earliest_by_time_and_name(int seed)
    {
        var random = new Random(seed);
        LiveMachine[] machines = [.. Enumerable.Range(0, 60).Select(i => new LiveMachine(Make.Check($"m{i}"), new MachineRecord { Name = $"m{i}", State = "OK" }))];
        var agenda = new Agenda();
        var due = new Dictionary<LiveMachine, long>();
        for (int i = 0; i < 5_000; i++)
        {
            LiveMachine machine = machines[random.Next(machines.Length)];
            // Small numbers, so that many are equal.
            long when = random.Next(40) == 0 ? HostClock.Never : random.Next(30);
            if (random.Next(10) == 0) agenda.Remove(machine);
            else agenda.Place(machine, when);
            if (machine.AgendaPlace < 0) due.Remove(machine);
            else due[machine] = when;
            Assert.Equal(due.Count == 0 ? null : due.OrderBy(one => one.Value).ThenBy(one => one.Key.Name, StringComparer.Ordinal).First().Key, agenda.First);
        }

        // And in order to the last one.
        var taken = new List<LiveMachine>();
        for (; agenda.First is { } first; agenda.Remove(first)) taken.Add(first);
        Assert.Equal(due.OrderBy(one => one.Value).ThenBy(one => one.Key.Name, StringComparer.Ordinal).Select(one => one.Key), taken);
    }
}
