using System.Numerics;

namespace Scout.Checks.Stamp;

/// <summary>
/// Tells forward from reverse loss of one path by the two counters of a stateful STAMP session: between replies (s1, r1) and (s2, r2) the sender sent s2-s1-1 others and the
/// reflector answered r2-r1-1 others. So r2-r1-1 replies were lost on the way back, the rest of the probes on the way there. Replies out of order, twice or late are taken back
/// out of these sums while they are among the last 64 probes; which of several probes of one gap went which way is not known: the oldest are called forward.
/// Sequence numbers may wrap. Nothing is allocated after it is made; one thread owns it.
/// </summary>
public sealed class DirectionMeter
{
    private const int Window = 64;

    // An answer that belongs to no probe yet may still explain a loss this many probes around it.
    private const int Near = 8;

    private bool begun;
    private bool counting;
    private bool fresh;
    private uint top;
    private uint highest;
    private uint answers;
    private uint incarnation;
    private ulong answersSeen;
    private ulong seen;
    private ulong lost;
    private ulong forward;
    private ulong reverse;
    private int openLost;
    private int surplus;
    private uint surplusAt;

    /// <param name="fromStart">The first probe has number 0 and opens a new session at the reflector, so losses before the first reply have a direction too.</param>
    public DirectionMeter(bool fromStart = false)
    {
        begun = counting = fresh = fromStart;
        top = highest = answers = uint.MaxValue;
        answersSeen = 1;
    }

    /// <summary>Probes called lost, by direction. They shrink when a late reply comes, and grow when a later reply tells the direction.</summary>
    public long Forward { get; private set; }

    public long Reverse { get; private set; }

    /// <summary>Probes called lost whose direction nobody will know: a restart or a stateless reflector lies between.</summary>
    public long Unresolved { get; private set; }

    public long Late { get; private set; }

    public long Duplicates { get; private set; }

    public long Reordered { get; private set; }

    public long Restarts { get; private set; }

    /// <summary>Probes called lost since the newest reply: their direction is not known yet.</summary>
    public int Open => openLost;

    /// <summary>The deadline of probe <paramref name="sequence"/> has passed without a reply. Once for each probe that counts as lost.</summary>
    /// <returns>Its direction, when a later reply has told it already.</returns>
    public LossDirection Lost(uint sequence)
    {
        Raise(sequence);
        ulong bit = Bit(sequence);
        if (After(sequence, top) > 0)
        {
            lost |= bit;
            openLost++;
            return LossDirection.Unknown;
        }

        if ((seen & bit) != 0 || (lost & bit) != 0) return LossDirection.Unknown;
        lost |= bit;
        LossDirection direction = DirectionOf(sequence);
        if (direction == LossDirection.Forward) Forward++;
        else if (direction == LossDirection.Reverse) Reverse++;
        else Unresolved++;
        return direction;
    }

    /// <summary>Which way an unanswered probe went, as far as it is known now; unknown for all but the last 64.</summary>
    public LossDirection DirectionOf(uint sequence)
    {
        ulong bit = Bit(sequence);
        return (forward & bit) != 0 ? LossDirection.Forward : (reverse & bit) != 0 ? LossDirection.Reverse : LossDirection.Unknown;
    }

    /// <summary>A reply of a reflector that does not tell its incarnation.</summary>
    /// <param name="sequence">Number of the probe.</param>
    /// <param name="answer">The reflector's number.</param>
    public DirectionStep Reply(uint sequence, uint answer) => Take(sequence, answer, knowsIncarnation: false);

    /// <summary>A reply with Scout's TLV.</summary>
    public DirectionStep Reply(uint sequence, uint answer, uint reflectorIncarnation)
    {
        bool same = incarnation == reflectorIncarnation || incarnation == 0;
        incarnation = reflectorIncarnation;
        return same ? Take(sequence, answer, knowsIncarnation: true) : Restart(sequence, answer, known: false);
    }

    /// <summary>A reply of a reflector that counts nothing: losses up to it stay without direction.</summary>
    public DirectionStep StatelessReply(uint sequence)
    {
        Raise(sequence);
        if ((seen & Bit(sequence)) != 0) return Duplicate();
        if (After(sequence, top) <= 0) return Behind(sequence, null);
        DirectionStep step = Advance(sequence, DirectionEvent.Newest, forwardCount: 0, reverseCount: 0);
        counting = fresh = false;
        return step;
    }

    private DirectionStep Take(uint sequence, uint answer, bool knowsIncarnation)
    {
        if (begun && After(sequence, top) <= -Window) return new DirectionStep(DirectionEvent.Stale, 0, 0, 0, 0);
        Raise(sequence);
        int ahead = After(sequence, top);
        int answersAhead = After(answer, answers);
        bool known = (seen & Bit(sequence)) != 0;
        if (!counting) return known ? Duplicate() : ahead > 0 ? Restart(sequence, answer, known: false, DirectionEvent.Newest) : Behind(sequence, null);
        bool oldAnswer = answersAhead <= -Window || (answersAhead <= 0 && (answersSeen & (1UL << -answersAhead)) != 0);
        if (known)
        {
            if (oldAnswer) return Duplicate();
            SeeAnswer(answer, answersAhead);
            Unexplained(answersAhead > 0 ? answersAhead - 1 : -1);
            return Balance(Duplicate());
        }

        if (oldAnswer) return Restart(sequence, answer, known: knowsIncarnation);
        long between = Math.Max(0, ahead - 1L);
        int answeredBetween = Math.Max(0, answersAhead - 1);
        if (fresh && answeredBetween > between)
        {
            // The session is older than the meter: what it answered before is not ours.
            return Restart(sequence, answer, known: false, DirectionEvent.Newest);
        }

        fresh = false;
        SeeAnswer(answer, answersAhead);
        if (surplus > 0 && After(highest, surplusAt) > Near) surplus = 0;
        if (ahead < 0) return Behind(sequence, answersAhead);
        uint lostBack = (uint)Math.Min(between, answeredBetween);
        uint lostThere = (uint)between - lostBack;
        Unexplained((answersAhead < 0 ? -1 : answersAhead - 1) - (int)lostBack);
        DirectionStep step = Advance(sequence, DirectionEvent.Newest, lostThere, lostBack);
        return Balance(step);
    }

    /// <summary>A reply to an older probe than the newest: it is not lost, whatever was thought.</summary>
    private DirectionStep Behind(uint sequence, int? answersAhead)
    {
        ulong bit = Bit(sequence);
        bool late = (lost & bit) != 0;
        int there = (forward & bit) != 0 ? 1 : 0;
        int back = (reverse & bit) != 0 ? 1 : 0;
        seen |= bit;
        lost &= ~bit;
        forward &= ~bit;
        reverse &= ~bit;
        if (late)
        {
            Late++;
            Forward -= there;
            Reverse -= back;
            if (there + back == 0) Unresolved--;
        }
        else
        {
            Reordered++;
        }

        var step = new DirectionStep(late ? DirectionEvent.Late : DirectionEvent.Reordered, late ? -there : 0, late ? -back : 0, sequence, 0);
        if (answersAhead is not { } ahead) return step;

        // Each answer that never came explains one probe lost on the way back: keep the two in step.
        Unexplained((ahead < 0 ? -1 : ahead - 1) + back);
        return Balance(step);
    }

    private DirectionStep Duplicate()
    {
        Duplicates++;
        return new DirectionStep(DirectionEvent.Duplicate, 0, 0, 0, 0);
    }

    /// <summary>The reflector counts anew. When it is the same process its session was idle or had made room, and its new number says how much it has answered since.</summary>
    private DirectionStep Restart(uint sequence, uint answer, bool known, DirectionEvent what = DirectionEvent.Restarted)
    {
        if (what == DirectionEvent.Restarted) Restarts++;
        Raise(sequence);
        if (After(sequence, top) <= 0) return Behind(sequence, null);
        uint between = sequence - top - 1;
        uint lostBack = known ? Math.Min(answer, between) : 0;
        DirectionStep step = Advance(sequence, what, known ? between - lostBack : 0, lostBack);
        counting = true;
        fresh = false;
        surplus = 0;
        answers = answer;
        answersSeen = 1;
        return step;
    }

    /// <summary>Closes the gap before <paramref name="sequence"/>; what is in neither count stays without direction.</summary>
    private DirectionStep Advance(uint sequence, DirectionEvent what, uint forwardCount, uint reverseCount)
    {
        uint first = top + 1;
        uint between = sequence - first;
        if ((lost & Bit(sequence)) != 0)
        {
            // Its own deadline passed before the reply came.
            lost &= ~Bit(sequence);
            openLost--;
            Late++;
            if (what == DirectionEvent.Newest) what = DirectionEvent.Late;
        }

        ulong gap = Range(first, between);
        ulong newForward = Range(first, forwardCount);
        ulong newReverse = Range(first + forwardCount, reverseCount);
        ulong open = Bit(sequence) - 1;
        int inGap = BitOperations.PopCount(lost & gap);
        int stillOpen = BitOperations.PopCount(lost & open);
        int older = Math.Max(0, openLost - inGap - stillOpen);
        uint beyond = between - (uint)BitOperations.PopCount(gap);
        int olderForward = (int)Math.Min((uint)older, Math.Min(beyond, forwardCount));
        int olderReverse = (int)Math.Min((uint)(older - olderForward), reverseCount);
        int there = BitOperations.PopCount(lost & newForward) + olderForward;
        int back = BitOperations.PopCount(lost & newReverse) + olderReverse;
        if (forwardCount + reverseCount == 0) (there, back) = (0, 0);
        Unresolved += inGap + older - there - back;
        Forward += there;
        Reverse += back;
        forward |= newForward & ~seen;
        reverse |= newReverse & ~seen;
        openLost = stillOpen;
        top = sequence;
        seen |= Bit(sequence);
        return new DirectionStep(what, there, back, first, between);
    }

    /// <summary>Moves losses near the top to the other direction until they agree with the answers that never came.</summary>
    private DirectionStep Balance(DirectionStep step)
    {
        ulong near = Range(top - Near, Near);
        while (surplus > 0 && (forward & near) != 0)
        {
            ulong bit = (forward & near) & (~(forward & near) + 1);
            forward &= ~bit;
            reverse |= bit;
            surplus--;
            if ((lost & bit) == 0) continue;
            Forward--;
            Reverse++;
            step = step with { Forward = step.Forward - 1, Reverse = step.Reverse + 1 };
        }

        while (surplus < 0 && reverse != 0)
        {
            ulong bit = reverse & (~reverse + 1);
            reverse &= ~bit;
            forward |= bit;
            surplus++;
            if ((lost & bit) == 0) continue;
            Forward++;
            Reverse--;
            step = step with { Forward = step.Forward + 1, Reverse = step.Reverse - 1 };
        }

        if (surplus < 0) surplus = 0;
        return step;
    }

    /// <summary>More (or fewer) answers are missing than probes are called lost on the way back.</summary>
    private void Unexplained(int more)
    {
        surplus = (int)Math.Min(Window, (long)surplus + more);
        if (surplus > 0) surplusAt = highest;
    }

    private void SeeAnswer(uint answer, int ahead)
    {
        if (ahead > 0)
        {
            answersSeen = ahead < Window ? (answersSeen << ahead) | 1 : 1;
            answers = answer;
        }
        else
        {
            answersSeen |= 1UL << -ahead;
        }
    }

    /// <summary>Makes <paramref name="sequence"/> part of the window.</summary>
    private void Raise(uint sequence)
    {
        if (!begun) top = highest = sequence - 1;
        begun = true;
        int by = After(sequence, highest);
        if (by <= 0) return;
        highest = sequence;
        seen = by < Window ? seen << by : 0;
        lost = by < Window ? lost << by : 0;
        forward = by < Window ? forward << by : 0;
        reverse = by < Window ? reverse << by : 0;
    }

    private ulong Bit(uint sequence)
    {
        int age = After(highest, sequence);
        return age is >= 0 and < Window ? 1UL << age : 0;
    }

    /// <summary>The bits of <paramref name="count"/> probes from <paramref name="first"/> on, as far as they are in the window.</summary>
    private ulong Range(uint first, uint count)
    {
        if (count == 0) return 0;
        long newest = (long)After(highest, first) - (count - 1L);
        long oldest = After(highest, first);
        if (oldest < 0 || newest >= Window) return 0;
        int low = (int)Math.Max(0, newest);
        int high = (int)Math.Min(Window - 1, oldest);
        ulong upTo = high == Window - 1 ? ulong.MaxValue : (1UL << (high + 1)) - 1;
        return upTo & ~((1UL << low) - 1);
    }

    private static int After(uint a, uint b) => (int)(a - b);
}
