namespace Scout.Cli.Rendering;

/// <summary>One column of a table.</summary>
/// <param name="Header">In capitals.</param>
/// <param name="Cell">Raw text; the table escapes it. Empty or null shows as <c>-</c>.</param>
internal sealed record Column<T>(string Header, Func<T, RenderContext, string?> Cell)
{
    /// <summary>Shown with <c>-o wide</c> only.</summary>
    public bool WideOnly { get; init; }

    public Func<T, Tone>? Tone { get; init; }

    /// <summary>Least width where rows come one by one and the widest is not known yet.</summary>
    public int StreamWidth { get; init; }

    public bool AlignRight { get; init; }
}

/// <summary>What cells need besides their row.</summary>
/// <param name="Now">Wall clock, for ages.</param>
/// <param name="Zone">For local times.</param>
/// <param name="Wide">True for <c>-o wide</c>: times instead of ages.</param>
internal sealed record RenderContext(DateTimeOffset Now, TimeZoneInfo Zone, bool Wide)
{
    /// <summary>Age in tables, local time in wide ones.</summary>
    public string Moment(DateTimeOffset? at) => Wide ? Ages.Local(at, Zone) : Ages.Since(at, Now);

    /// <summary>Time left in tables, local time in wide ones.</summary>
    public string Coming(DateTimeOffset? at) => Wide ? Ages.Local(at, Zone) : Ages.Until(at, Now);
}
