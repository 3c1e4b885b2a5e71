using System.Buffers.Text;
using Scout.Nats.Connection;
using Scout.Nats.Protocol;

namespace Scout.Nats.Requests;

/// <summary>
/// All requests under way share one subscription, <c>prefix.id.*</c>, and differ in the last token. The id comes from the system's generator:
/// an answer that can be guessed could be forged. A token is a slot and how often the slot was used, so a late answer finds nobody.
/// </summary>
internal sealed class ReplyTable : IDisposable
{
    private const int SlotBits = 20;

    private readonly Lock gate = new();
    private readonly NatsConnection connection;
    private readonly TimeProvider time;
    private readonly int capacity;
    private readonly Stack<int> free = new();
    private readonly EndedReplies ended = new();
    private readonly byte[] prefixBytes;
    private readonly ITimer timer;
    private PendingReply?[] slots = new PendingReply?[16];
    private int used;
    private int count;
    private ulong uses;
    private long armedFor = long.MaxValue;

    public ReplyTable(NatsConnection connection, NatsOpts opts)
    {
        this.connection = connection;
        time = opts.TimeProvider;
        capacity = Math.Min(opts.MaxPendingRequests, 1 << SlotBits);
        Prefix = $"{opts.InboxPrefix}.{NewId()}.";
        prefixBytes = System.Text.Encoding.UTF8.GetBytes(Prefix);
        timer = time.CreateTimer(static state => ((ReplyTable)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the reply subjects begin with, including the last dot.</summary>
    public string Prefix { get; }

    public string Wildcard => Prefix + "*";

    public int Count
    {
        get
        {
            lock (gate) return count;
        }
    }

    /// <summary>128 random bits as 22 characters that may stand in a subject.</summary>
    public static string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        Entropy.Fill(random);
        return Base64Url.EncodeToString(random);
    }

    /// <summary>Gives the waiter its token. It must come to an end, or be given back with <see cref="Remove"/>. Returns how many wait now.</summary>
    public int Add(PendingReply waiter, TimeSpan timeout)
    {
        long deadline = time.GetTimestamp() + (long)(timeout.TotalSeconds * time.TimestampFrequency);
        waiter.Deadline = deadline;
        lock (gate)
        {
            if (!free.TryPop(out int slot))
            {
                if (used == capacity) throw new NatsException($"{capacity} requests are waiting for answers already.");
                slot = used++;
                if (slot == slots.Length) Array.Resize(ref slots, slots.Length * 2);
            }

            waiter.Token = (++uses << SlotBits) | (uint)slot;
            slots[slot] = waiter;
            count++;
            if (deadline < armedFor) Arm(deadline);
            return count;
        }
    }

    /// <summary>Takes a waiter out; true when it was still in.</summary>
    public bool Remove(PendingReply waiter)
    {
        int slot = (int)(waiter.Token & ((1 << SlotBits) - 1));
        lock (gate)
        {
            if (slots[slot] != waiter) return false;
            Free(slot);
            return true;
        }
    }

    /// <summary>Hands an answer to whom it belongs. False when nobody waits for it.</summary>
    public bool TryComplete(in Frame frame, NatsHeaders? headers)
    {
        if (!TryToken(frame.Subject, out ulong token)) return false;
        PendingReply? waiter = Take(token);
        if (waiter is null || !waiter.Claim()) return false;
        waiter.Complete(frame, headers);
        ended.Add(waiter);
        return true;
    }

    /// <summary>Ends the wait without an answer, unless it has ended already.</summary>
    public void Fail(PendingReply waiter, Exception error)
    {
        if (!waiter.Claim()) return;
        waiter.Fail(error);
        ended.Add(waiter);
    }

    /// <summary>Fails everyone who waits on a subject, or for the answer to a reply subject: the server has refused it.</summary>
    public void FailSubject(string subject, Exception error) => FailWhere(waiter => waiter.Subject == subject || subject == $"{Prefix}{waiter.Token}", error);

    public void FailAll(Exception error) => FailWhere(static _ => true, error);

    public void Dispose() => timer.Dispose();

    private void FailWhere(Func<PendingReply, bool> concerned, Exception error)
    {
        List<PendingReply> found = [];
        lock (gate)
        {
            for (int slot = 0; slot < used; slot++)
            {
                if (slots[slot] is not { } waiter || !concerned(waiter)) continue;
                found.Add(waiter);
                Free(slot);
            }
        }

        foreach (PendingReply waiter in found) Fail(waiter, error);
    }

    private bool TryToken(ReadOnlySpan<byte> subject, out ulong token)
    {
        token = 0;
        return subject.StartsWith(prefixBytes)
            && Utf8Parser.TryParse(subject[prefixBytes.Length..], out token, out int length)
            && length == subject.Length - prefixBytes.Length;
    }

    private PendingReply? Take(ulong token)
    {
        int slot = (int)(token & ((1 << SlotBits) - 1));
        lock (gate)
        {
            if (slot >= used || slots[slot] is not { } waiter || waiter.Token != token) return null;
            Free(slot);
            return waiter;
        }
    }

    private void Free(int slot)
    {
        slots[slot] = null;
        free.Push(slot);
        count--;
    }

    // One timer for all waiters: armed for the earliest deadline, and again after each look around. Nothing is scheduled while nobody waits.
    private void OnTimer()
    {
        List<PendingReply> late = [];
        lock (gate)
        {
            long now = time.GetTimestamp();
            long next = long.MaxValue;
            for (int slot = 0; slot < used; slot++)
            {
                if (slots[slot] is not { } waiter) continue;
                if (waiter.Deadline <= now)
                {
                    late.Add(waiter);
                    Free(slot);
                }
                else
                {
                    next = Math.Min(next, waiter.Deadline);
                }
            }

            Arm(next);
        }

        foreach (PendingReply waiter in late) Fail(waiter, connection.NoReply(waiter.Subject));
    }

    private void Arm(long deadline)
    {
        armedFor = deadline;
        TimeSpan wait = deadline == long.MaxValue
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, deadline - time.GetTimestamp()) * 1000.0 / time.TimestampFrequency));
        timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
