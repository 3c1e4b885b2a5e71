using System.Collections;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Server.Configuration;
using Scout.Server.Metrics;
using Scout.Server.Textfile;
using Scout.Testing;

namespace Scout.Server.Tests.Textfile;

public sealed class TextfileTaskTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly NodeCounters counters = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_last_word_of_a_clean_stop_comes_after_a_write_under_way()
    {
        using var slow = new SlowMachines();
        TextfileTask task = Task(slow);
        task.Beat();
        slow.Reached.Wait(TestNode.Patience);
        Task last = System.Threading.Tasks.Task.Run(() => task.WriteLast(Sample(slow)));
        // A last word that does not wait would be there in a moment, and then be overwritten.
        await System.Threading.Tasks.Task.WhenAny(last, System.Threading.Tasks.Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
        slow.GoOn.Set();
        await last.WaitAsync(TestNode.Patience);
        await Wait.UntilAsync(() => task.IsIdle);
        Assert.Contains("scout_up{node=\"web1\"} 0", await ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_written_after_the_last_word()
    {
        using var slow = new SlowMachines();
        slow.GoOn.Set();
        TextfileTask task = Task(slow);
        task.WriteLast(Sample(slow));
        task.Beat();
        await Wait.UntilAsync(() => task.IsIdle);
        Assert.Contains("scout_up{node=\"web1\"} 0", await ReadAsync(), StringComparison.Ordinal);
    }

    private Task<string> ReadAsync() => File.ReadAllTextAsync(folder.File("scout-web1.prom"));

    private NodeSample Sample(SlowMachines machines) => new() { Node = "web1", Version = "1", Mode = "dev", Counters = counters, Machines = machines };

    private TextfileTask Task(SlowMachines machines)
    {
        var renderer = new MetricsRenderer("web1", new MetricsOptions(), counters, DateTimeOffset.UnixEpoch);
        return new TextfileTask(new TextfileWriter(folder.Path, "web1"), TimeSpan.FromSeconds(5), () => Sample(machines), renderer, counters, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>No machines, and whoever renders them has to wait.</summary>
    private sealed class SlowMachines : IReadOnlyList<MachineSample>, IDisposable
    {
        public ManualResetEventSlim Reached { get; } = new();

        public ManualResetEventSlim GoOn { get; } = new();

        public int Count => 0;

        public MachineSample this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<MachineSample> GetEnumerator()
        {
            Reached.Set();
            GoOn.Wait(TestNode.Patience);
            yield break;
        }

        public void Dispose()
        {
            Reached.Dispose();
            GoOn.Dispose();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
