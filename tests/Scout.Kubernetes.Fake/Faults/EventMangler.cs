namespace Scout.Kubernetes.Fake;

/// <summary>Does to events what <see cref="EventAct"/> says.</summary>
internal sealed class EventMangler(EventAct act)
{
    private bool done;

    public IReadOnlyList<string> Change(IReadOnlyList<string> lines)
    {
        if (act == EventAct.Double) return [.. lines.SelectMany(line => new[] { line, line })];
        if (done || lines.Count == 0 || (act == EventAct.Swap && lines.Count < 2)) return lines;
        done = true;
        return act switch
        {
            EventAct.Swallow => [.. lines.Skip(1)],
            EventAct.Swap => [lines[1], lines[0], .. lines.Skip(2)],
            _ => lines,
        };
    }
}
