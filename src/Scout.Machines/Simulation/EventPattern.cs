using Scout.Machines.Hosting;

namespace Scout.Machines.Simulated;

/// <summary>Names fields of an event; what is not named is not compared (machines.md 11.1).</summary>
/// <param name="Kind"><c>transition check watcher state</c>.</param>
/// <param name="Name">Transition, status, watcher or state.</param>
internal sealed record EventPattern(string Kind, string Name, string? From = null, string? To = null, string? Outcome = null)
{
    public bool Matches(MachineEvent one) => (Kind, one) switch
    {
        ("transition", TransitionEvent said) => said.Transition == Name && (From is null || said.From == From) && (To is null || said.To == To),
        ("check", CheckEvent said) => MachineView.StatusName(said.Status) == Name,
        ("watcher", WatcherEvent said) => said.Watcher == Name && (Outcome is null || said.Outcome == Outcome),
        ("state", StateEvent said) => said.View.State == Name,
        _ => false,
    };

    public override string ToString()
    {
        string text = $"{{ {Kind}: {Name}";
        if (From is not null) text += $", from: {From}";
        if (To is not null) text += $", to: {To}";
        if (Outcome is not null) text += $", outcome: {Outcome}";
        return text + " }";
    }

    /// <summary>An event in the words of a pattern.</summary>
    public static string Describe(MachineEvent one) => one switch
    {
        TransitionEvent said => $"{{ transition: {said.Transition}, from: {said.From}, to: {said.To} }}",
        CheckEvent said => $"{{ check: {MachineView.StatusName(said.Status)} }}",
        WatcherEvent said => $"{{ watcher: {said.Watcher}, outcome: {said.Outcome} }}",
        StateEvent said => $"{{ state: {said.View.State} }}",
        _ => one.GetType().Name,
    };
}
