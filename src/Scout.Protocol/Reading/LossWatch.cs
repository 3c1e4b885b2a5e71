using Scout.Protocol.Events;

namespace Scout.Protocol.Reading;

/// <summary>
/// Watches the sequence of one node for holes. Events of different machines overtake each other, so a hole is a loss only when neither 64 later events, nor the
/// next <c>alive</c> with an empty outbox, nor an outbox event explains it.
/// </summary>
internal sealed class LossWatch(string node)
{
    /// <summary>So many later events fill a hole, or it stays one: the sender keeps at most 64 in flight.</summary>
    public const int Patience = 64;

    private readonly SequenceSet missing = new(1000);
    private readonly SequenceSet explained = new(1000);
    private long epoch = -1;
    private long highest = -1;
    private long seen;

    /// <summary>An event of the node came.</summary>
    public void Saw(EventSequence sequence, List<EventLoss> losses)
    {
        if (sequence.Epoch < epoch) return;
        if (sequence.Epoch > epoch)
        {
            // A new store counts anew; what the old one still owed cannot come any more.
            Report(missing.TakeRipe(long.MaxValue, long.MaxValue), losses);
            explained.Clear();
            epoch = sequence.Epoch;
            highest = sequence.Counter;
            seen = 0;
            return;
        }

        seen++;
        if (highest < 0)
        {
            highest = sequence.Counter;
        }
        else if (sequence.Counter > highest)
        {
            missing.Add(highest + 1, sequence.Counter - 1, seen);
            foreach ((long first, long last) in explained.All()) missing.Remove(first, last);
            highest = sequence.Counter;
        }
        else
        {
            missing.Remove(sequence.Counter, sequence.Counter);
        }

        Report(missing.TakeRipe(seen - Patience, long.MaxValue), losses);
    }

    /// <summary>
    /// The node says what it dropped. The event itself goes before the backlog though its own counter is behind it, so it says nothing about holes.
    /// </summary>
    public void Told(EventSequence sequence, OutboxData data)
    {
        if (epoch < 0) epoch = sequence.Epoch;
        if (sequence.Epoch == epoch) Explain(sequence.Counter, sequence.Counter);
        foreach (SequenceRange range in data.Sequences)
        {
            if (!EventSequence.TryParse(range.First, out EventSequence first) || !EventSequence.TryParse(range.Last, out EventSequence last)) continue;
            if (first.Epoch == epoch && last.Epoch == epoch) Explain(first.Counter, last.Counter);
        }
    }

    /// <summary>With an empty outbox all that it had assigned has been delivered, or never will be.</summary>
    public void Alive(AliveData data, List<EventLoss> losses)
    {
        if (data.Outbox.Events > 0 || data.Sequence is null || !EventSequence.TryParse(data.Sequence, out EventSequence sequence) || sequence.Epoch != epoch) return;
        Report(missing.TakeRipe(long.MaxValue, sequence.Counter), losses);
    }

    private void Explain(long first, long last)
    {
        explained.Add(first, last, seen);
        missing.Remove(first, last);
    }

    private void Report(List<(long First, long Last)> ripe, List<EventLoss> losses)
    {
        foreach ((long first, long last) in ripe) losses.Add(new EventLoss(node, new EventSequence(epoch, first), new EventSequence(epoch, last)));
    }
}
