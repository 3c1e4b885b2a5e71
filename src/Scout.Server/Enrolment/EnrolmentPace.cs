namespace Scout.Server.Enrolment;

/// <summary>How an attempt ended, as far as the next one is concerned.</summary>
internal enum AskOutcome
{
    /// <summary>No line, or no answer.</summary>
    NoAnswer,

    /// <summary>A person must approve.</summary>
    Pending,

    /// <summary>Refused for now: busy, a clock.</summary>
    Later,

    /// <summary>Refused, and the same means will not do.</summary>
    No,

    /// <summary>An answer that is not believed.</summary>
    Forged,
}

/// <summary>When to ask again (security.md 10 and 11). Waits grow, vary by a fifth, and never end; a pure function of what happened.</summary>
internal sealed class EnrolmentPace(Random random)
{
    private AskOutcome last;
    private int count;

    /// <summary>Credentials came: the next trouble begins at the short end.</summary>
    public void Succeeded() => count = 0;

    /// <summary>How long to wait after an attempt that gave no credentials.</summary>
    /// <param name="kind">What was asked for.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="atLeast">As the provisioner asks.</param>
    public TimeSpan After(AskKind kind, AskOutcome outcome, TimeSpan atLeast)
    {
        count = outcome == last ? count + 1 : 1;
        last = outcome;
        (int first, int most) = (kind, outcome) switch
        {
            (AskKind.Enroll, AskOutcome.NoAnswer) => (2, 60),
            (AskKind.Enroll, AskOutcome.Pending) => (30, 600),
            (AskKind.Enroll, AskOutcome.Later) => (5, 60),
            (AskKind.Enroll, AskOutcome.Forged) => (30, 600),
            (AskKind.Enroll, _) => (300, 3600),
            (_, AskOutcome.Pending) => (30, 600),
            _ => (60, 3600),
        };
        double seconds = Math.Min(most, first * Math.Pow(2, Math.Min(count - 1, 12)));
        seconds *= 0.9 + (0.2 * random.NextDouble());
        return TimeSpan.FromSeconds(Math.Max(seconds, Math.Min(atLeast.TotalSeconds, 3600)));
    }

    /// <summary>The moment of a renewal: a random point of the last third of the life, less its very end, which is left for trying again.</summary>
    /// <param name="issued">Begin of the life.</param>
    /// <param name="expires">Its end.</param>
    /// <param name="share">0 up to 1, drawn once for these credentials.</param>
    public static DateTimeOffset RenewalAt(DateTimeOffset issued, DateTimeOffset expires, double share)
    {
        TimeSpan life = expires > issued ? expires - issued : TimeSpan.Zero;
        return issued + (life * (2 + (0.75 * share)) / 3);
    }
}
