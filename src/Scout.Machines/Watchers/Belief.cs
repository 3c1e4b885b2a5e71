using Scout.Machines.Records;

namespace Scout.Machines.Watchers;

/// <summary>
/// What a check believes and how much it doubts (machines.md 7.1): the pure rule that makes a row of results a state worth acting on.
/// </summary>
/// <param name="Fresh">Nothing is believed yet; <paramref name="Status"/> is OK then.</param>
/// <param name="Status">The belief.</param>
/// <param name="Direction">Of the doubt: -1 better, 0 none, 1 worse.</param>
/// <param name="Count">Results in the doubt.</param>
/// <param name="Extreme">The mildest of a worse doubt, the worst of a better one.</param>
internal readonly record struct Belief(bool Fresh, CheckStatus Status, int Direction, int Count, CheckStatus Extreme)
{
    /// <summary>Believes nothing.</summary>
    public static Belief Nothing => new(true, CheckStatus.Ok, 0, 0, CheckStatus.Ok);

    /// <summary>The transition to fire: the belief, and UNKNOWN as long as there is none.</summary>
    public CheckStatus Fires => Fresh ? CheckStatus.Unknown : Status;

    public bool IsHard => Count == 0;

    /// <summary>Takes one result.</summary>
    /// <param name="result">What counts: UNKNOWN when a dependency suppresses it.</param>
    /// <param name="attempts">Results in a row before something worse is believed, at least 1.</param>
    /// <param name="recoverAttempts">The same for something better.</param>
    /// <param name="counted">Which result of its row this one was, 1 when it agrees with the belief.</param>
    public Belief With(CheckStatus result, int attempts, int recoverAttempts, out int counted)
    {
        counted = 1;
        int step = Severity.Of(result) - Severity.Of(Status);
        if (step == 0) return Believe(result);
        int direction = Math.Sign(step);
        bool goesOn = Direction == direction;
        CheckStatus extreme = goesOn && Math.Sign(Severity.Of(Extreme) - Severity.Of(result)) != direction ? Extreme : result;
        counted = goesOn ? Count + 1 : 1;
        return counted >= (direction > 0 ? attempts : recoverAttempts)
            ? Believe(extreme)
            : this with { Direction = direction, Count = counted, Extreme = extreme };
    }

    /// <summary>Fits the doubt to new limits: what would already be believed under them waits for one more result.</summary>
    public Belief CutTo(int attempts, int recoverAttempts)
    {
        int most = (Direction > 0 ? attempts : recoverAttempts) - 1;
        if (Count <= most) return this;
        return most == 0 ? this with { Direction = 0, Count = 0, Extreme = CheckStatus.Ok } : this with { Count = most };
    }

    public static Belief Of(CheckRecord record) =>
        new(record.Fresh, record.Belief, record.DoubtDirection, record.DoubtCount, record.DoubtExtreme);

    private static Belief Believe(CheckStatus status) => new(false, status, 0, 0, CheckStatus.Ok);
}
