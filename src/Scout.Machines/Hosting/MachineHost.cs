#pragma warning disable CA1822 // goes with the implementation
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Hosting;

/// <summary>
/// All machines of a node, driven from outside: every method is one input, handled whole on the caller's thread, whose effects go to the
/// <see cref="IStepSink"/> before it returns. Not thread-safe on purpose: one loop owns it.
/// </summary>
public sealed class MachineHost
{
    /// <summary>Makes a host without machines; nothing is due yet.</summary>
    public MachineHost(MachineHostOptions options, IStepSink sink)
    {
        _ = options;
        _ = sink;
    }

    /// <summary>
    /// Monotonic timestamp (of the options' <see cref="TimeProvider"/>) at which <see cref="Tick"/> is wanted next; <see cref="long.MaxValue"/> for never.
    /// Wall deadlines are looked at at least every 30 s.
    /// </summary>
    public long NextDue => throw new InvalidOperationException("not built");

    public int Count => throw new InvalidOperationException("not built");

    /// <summary>First input of a life: the stored records, then the definitions. Deadlines passed meanwhile come first.</summary>
    public void Start(IEnumerable<MachineRecord> records, DefinitionBatch batch) => throw new InvalidOperationException("not built");

    /// <summary>A reload.</summary>
    public void Apply(DefinitionBatch batch) => throw new InvalidOperationException("not built");

    /// <summary>Everything that is due up to now.</summary>
    public void Tick() => throw new InvalidOperationException("not built");

    /// <summary>A run ended. Unknown ids (machine deleted meanwhile) are dropped.</summary>
    public void Complete(RunOutcome outcome) => throw new InvalidOperationException("not built");

    /// <summary>A person's command; the reply goes to the sink with the step and is returned.</summary>
    public CommandReply Execute(MachineCommand command) => throw new InvalidOperationException("not built");

    /// <summary>The store is back after failing: counted runs that waited may start.</summary>
    public void Recovered() => throw new InvalidOperationException("not built");

    /// <summary>Repeats the <c>state</c> event of these machines (hourly, and after a reconnect).</summary>
    public void Repeat(IEnumerable<string> machines) => throw new InvalidOperationException("not built");

    /// <summary>The public record of a machine, or null.</summary>
    public MachineView? Find(string machine) => throw new InvalidOperationException("not built");

    /// <summary>The public records of all machines, by name in ordinal order.</summary>
    public IReadOnlyList<MachineView> Views() => throw new InvalidOperationException("not built");
}
