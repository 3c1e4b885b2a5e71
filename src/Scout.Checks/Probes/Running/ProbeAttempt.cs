using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Output;
using Scout.Checks.Thresholds;

namespace Scout.Checks.Probes.Running;

/// <summary>One attempt at one address while it runs: clock, phase, numbers and facts. Used by one flow at a time.</summary>
public sealed class ProbeAttempt(ProbeContext context, long started)
{
    private readonly List<KeyValuePair<string, string>> facts = new(8);
    private List<PerfDataItem>? extras;
    private long phaseStarted;
    private ProbePhases phases;
    private bool inPhase;
    private string? reached;

    public ProbeContext Context => context;

    /// <summary>Timestamp of the whole.</summary>
    public long Started => started;

    /// <summary>Where to; null before the name is known.</summary>
    public IPEndPoint? Place { get; set; }

    /// <summary>The address of <see cref="Place"/>.</summary>
    public IPAddress? Address => Place?.Address;

    /// <summary>What <c>time</c> is when it is not the duration of the whole.</summary>
    public TimeSpan? Time { get; set; }

    public ProbePhases Phases => phases;

    /// <summary>The phase it is in or ended in.</summary>
    public ProbePhase? Phase { get; private set; }

    /// <summary>For people and the fact <c>phase</c>; kinds without these phases name their own.</summary>
    [System.Diagnostics.CodeAnalysis.AllowNull]
    public string PhaseName
    {
        get => reached ?? (Phase is { } phase ? ProbePhases.Name(phase) : "start");
        set => reached = value;
    }

    public IReadOnlyList<KeyValuePair<string, string>> Facts => facts;

    public IReadOnlyList<PerfDataItem> Extras => extras ?? (IReadOnlyList<PerfDataItem>)[];

    /// <summary>Begins a phase; one that runs is ended first.</summary>
    public void Begin(ProbePhase phase)
    {
        End();
        Phase = phase;
        phaseStarted = context.Time.GetTimestamp();
        inPhase = true;
    }

    /// <summary>Ends the phase as reached. A phase that failed is never ended, and so never has a time.</summary>
    public void End()
    {
        if (inPhase && Phase is { } phase) phases[phase] = context.Time.GetElapsedTime(phaseStarted);
        inPhase = false;
    }

    /// <summary>Gives up the phase without a time.</summary>
    public void Fail() => inPhase = false;

    /// <summary>Begins anew, as after a redirect: the phases of the last hop count.</summary>
    public void ForgetPhases()
    {
        inPhase = false;
        phases = default;
    }

    /// <summary>Another's time of a phase: the lookup that several addresses share.</summary>
    public void SetPhase(ProbePhase phase, TimeSpan? time) => phases[phase] = time;

    /// <summary>Names are stable words; a later value of one name takes the place of the earlier.</summary>
    public void Fact(string name, string value)
    {
        string cut = value.Length > 4096 ? value[..4096] : value;
        int known = facts.FindIndex(fact => fact.Key == name);
        if (known >= 0) facts[known] = new(name, cut);
        else facts.Add(new(name, cut));
    }

    public void Fact(string name, long value) => Fact(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A number of the kind, behind the times.</summary>
    /// <param name="label">As in the table of mesh.md section 1.</param>
    /// <param name="value">In <paramref name="unit"/>.</param>
    /// <param name="unit">As printed: <c>B</c>, <c>%</c>, <c>s</c>, empty.</param>
    /// <param name="warning">In the same unit.</param>
    /// <param name="critical">In the same unit.</param>
    /// <param name="min">In the same unit.</param>
    public void Number(string label, double value, string unit = "", NagiosRange? warning = null, NagiosRange? critical = null, double? min = null) =>
        (extras ??= []).Add(ProbeNumbers.Item(label, value, unit, warning, critical, min));

    internal void AddAddressFacts()
    {
        if (Address is not { } address) return;
        Fact("address", address.ToString());
        Fact("family", address.AddressFamily == AddressFamily.InterNetworkV6 ? "6" : "4");
    }
}
