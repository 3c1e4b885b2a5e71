using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Server.Loop;
using Scout.Server.Store;

namespace Scout.Server.Tests.Loop;

public sealed class StepSinkTests
{
    [Theory]
    [InlineData("Done", "start 7")]
    [InlineData("Held", "postpone 7")]
    [InlineData("Held Done", "postpone 7")]
    [InlineData("Done Held", "start 7")]
    public void What_is_counted_starts_once_or_is_put_off_once_however_the_disk_changes_its_mind(string states, string expected)
    {
        var journal = new ScriptedJournal();
        List<string> did = [];
        using var sink = new StepSink("web1", journal, static call => call())
        {
            Start = run => did.Add($"start {run.Id}"),
            Postpone = id => did.Add($"postpone {id}"),
        };
        var step = new Step { MustSync = true };
        step.Starts.Add(new RunRequest { Id = 7, Machine = "web", Watcher = "fix", Kind = RunKind.Exec, Definition = null!, WatcherDefinition = null!, Timeout = TimeSpan.FromSeconds(1), State = "DOWN" });
        sink.Take(step, null);
        Assert.Empty(did);
        foreach (string state in states.Split(' ')) journal.Told!(Enum.Parse<CommitState>(state));
        Assert.Equal([expected], did);
    }

    private sealed class ScriptedJournal : INodeJournal
    {
        public Action<CommitState>? Told { get; private set; }

        public long Epoch => 1;

        public long LastSequence => 0;

        public bool CanCommit => true;

        public string? DegradedReason => null;

        public long ReserveSequence() => 1;

        public void Commit(StoreCommit commit, bool sync, Action<CommitState>? done) => Told = done;

        public KnownRequest? FindRequest(string caller, string id) => null;
    }
}
