using System.Text.Json;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Server.Store;
using Scout.Server.Tests.Outbox;

namespace Scout.Server.Tests.Histories;

/// <summary>
/// The ten laws of reliability.md R15 over the lives of a node, and that a row of the audit is there before its effect. It sees what is handed to the journal, what runs
/// are started, what clients are answered, what a crash left, and what the stream has.
/// </summary>
internal sealed class HistoryChecker(Scout.Testing.ManualTime time, DefinitionBatch definitions)
{
    private readonly SortedDictionary<long, Event> ledger = [];
    private readonly HashSet<string> requests = [];
    private readonly List<(RpcRequest Request, RpcReply Reply)> answered = [];
    private readonly HashSet<string> running = [];
    private readonly Dictionary<string, Queue<DateTimeOffset>> counted = [];
    private readonly Dictionary<string, Told> maintenance = [];
    private readonly HashSet<long> aside = [];
    private long? stepped;
    private long last;

    // A longer tape for whoever looks into one seed.
    private static readonly int Remembered = Environment.GetEnvironmentVariable("SCOUT_SEED") is null ? 25 : 1_000;

    /// <summary>What happened last, for the message.</summary>
    public Queue<string> Tape { get; } = new();

    public int Answered => answered.Count(one => one.Reply.Code == RpcCode.Ok);

    public int Transitions => ledger.Values.Count(one => one.Kind == EventKind.Transition);

    /// <summary>Runs that were started.</summary>
    public int Runs { get; private set; }

    /// <summary>Lets go of what it knows of the past.</summary>
    public void Forget()
    {
        ledger.Clear();
        requests.Clear();
        answered.Clear();
        maintenance.Clear();
        Tape.Clear();
    }

    public void Note(string what)
    {
        Tape.Enqueue($"{TimeSpan.FromTicks(time.GetTimestamp())} {what}");
        if (Tape.Count > Remembered) Tape.Dequeue();
    }

    public void ClockStepped() => stepped = time.GetTimestamp();

    public void SetAside(long sequence) => aside.Add(sequence);

    /// <summary>A step of the node on its way to the disk.</summary>
    public void Committed(StoreCommit commit)
    {
        foreach (StoredEvent item in commit.Events) Committed(item);
    }

    /// <summary>An event on its way to the disk.</summary>
    public void Committed(StoredEvent item)
    {
        Event one = Event.Of(item);
        Hold(item.Sequence == last + 1, $"(1) {item.Sequence} follows {last}");
        ledger.Add(last = item.Sequence, one);
        if (one is { Kind: EventKind.Transition, From: "MAINTENANCE" }) counted.Remove(one.Machine);
        Note($"{item.Sequence} {item.Subject} {one.From}>{one.To ?? one.State} because of {one.Cause}");
    }

    public void Started(string machine, bool counted)
    {
        Runs++;
        if (counted) Note($"remediation of {machine}");
        Hold(running.Add(machine), $"(6) two runs of {machine}");
        if (!counted || stepped is not null) return;
        if (!this.counted.TryGetValue(machine, out Queue<DateTimeOffset>? starts)) this.counted.Add(machine, starts = new Queue<DateTimeOffset>());
        DateTimeOffset now = time.GetUtcNow();
        while (starts.TryPeek(out DateTimeOffset oldest) && now - oldest >= History.Per) starts.Dequeue();
        starts.Enqueue(now);
        Hold(starts.Count <= History.MaxRuns, $"(10) {starts.Count} remediations of {machine} in {History.Per}: {string.Join(' ', starts.Select(start => start.ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture)))}");
    }

    public void Ended(string machine) => running.Remove(machine);

    public void Asked(RpcRequest request)
    {
        requests.Add(request.Id);
        if (Target(request) is not { } machine || request.Args is not (MaintenanceArgs or ResumeArgs)) return;
        // Until the answer is read both outcomes are possible.
        maintenance[machine] = new Told(null, null, Sure: false);
    }

    public void Replied(RpcRequest request, RpcReply reply)
    {
        Note($"{request.Id} {reply.Action} {Target(request)}: {reply.Code} {reply.Message}");
        answered.Add((request, reply));
        bool nothing = reply.Code == RpcCode.Internal && reply.Message?.Contains("so nothing was changed", StringComparison.Ordinal) == true;
        if (nothing) Hold(!ledger.Values.Any(one => one.Cause == request.Id && !one.IsAudit), $"{request.Id} was refused, and did something");
        if (Target(request) is not { } machine || reply.Code != RpcCode.Ok) return;
        if (request.Args is MaintenanceArgs asked) maintenance[machine] = new Told(asked.Reason, ((ChangeResult)reply.Results[0]).Until, Sure: true);
        else if (request.Args is ResumeArgs) maintenance[machine] = new Told(null, null, Sure: true);
    }

    /// <summary>The same id again, perhaps in another life.</summary>
    public void RepliedAgain(RpcRequest request, RpcReply reply)
    {
        if (reply.Code is RpcCode.Internal or RpcCode.Busy) return;
        RpcReply first = answered.Last(one => one.Request.Id == request.Id).Reply;
        Hold(first.Code == reply.Code && first.Results.Select(EventOf).SequenceEqual(reply.Results.Select(EventOf)), $"{request.Id} was answered {first.Code} and then {reply.Code}");
    }

    /// <summary>A moment without anything left to do.</summary>
    public void AtRest(ModelNode node)
    {
        DateTimeOffset now = time.GetUtcNow();
        // A step is noticed within 30 s of running time.
        bool clear = stepped is not { } at || time.GetElapsedTime(at) > TimeSpan.FromSeconds(31);
        foreach (MachineView view in node.Core.Host.Views())
        {
            MaintenanceRecord? held = view.Record.Maintenance;
            Hold(held is not null == (view.State == "MAINTENANCE"), $"{view.Name} is in {view.State}, its record says {held}");
            if (clear && node.Store.CanCommit && held?.Until is { } until) Hold(until > now - TimeSpan.FromSeconds(1), $"(7) maintenance of {view.Name} until {until:O} at {now:O}");
            if (!maintenance.TryGetValue(view.Name, out Told? told) || !told.Sure) continue;
            if (told.Reason is null) Hold(held is null, $"(2) resume of {view.Name} was answered, and it is in maintenance: {held}");
            else if (held is not null) Hold(held.Reason == told.Reason, $"(2) {view.Name} is in maintenance because of '{held.Reason}', answered was '{told.Reason}'");
            // Its end is the only other way out.
            else if (told.Until <= now || stepped is not null) maintenance.Remove(view.Name);
            else Hold(law: false, $"(2) {view.Name} is in no maintenance, answered was '{told.Reason}' until {told.Until:O}");
        }
    }

    /// <summary>What a crash left. The records of the last life that are not there never were.</summary>
    public void Recovered(NodeStore store, ScriptedStream stream)
    {
        running.Clear();
        last = store.LastSequence;
        Note($"a crash, {last} is on disk");
        long published = stream.Stored.Count == 0 ? 0 : stream.Stored.Max(item => item.Sequence);
        Hold(published <= last, $"(4) {published} is in the stream, and the store ends with {last}");
        long[] lost = [.. ledger.Keys.Where(sequence => sequence > last)];
        foreach (long sequence in lost) ledger.Remove(sequence);
        Dictionary<string, MachineRecord> records = store.Recovered.Machines.ToDictionary(record => record.Name);
        foreach (IGrouping<string, Event> machine in ledger.Values.Where(one => one.State is not null).GroupBy(one => one.Machine))
        {
            Event newest = machine.Last();
            if (records.TryGetValue(machine.Key, out MachineRecord? record)) Hold(record.State == newest.State, $"(4) {machine.Key} comes back in {record.State}, its last event says {newest.State}");
        }

        HashSet<string> there = [.. ledger.Values.Select(one => one.Id)];
        foreach ((RpcRequest request, RpcReply reply) in answered)
        {
            foreach (RpcResult result in reply.Results)
            {
                if (EventOf(result) is { } id) Hold(there.Contains(id), $"(2) {request.Id} was answered with event {id}, which the crash took away");
            }
        }

    }

    /// <summary>Everything is well again and told: the whole history.</summary>
    public void AtTheEnd(ModelNode node, ScriptedStream stream)
    {
        HashSet<long> told = [];
        foreach (StoredEvent item in stream.Stored)
        {
            Hold(ledger.TryGetValue(item.Sequence, out Event? one), $"{item.Sequence} is in the stream and was never committed");
            Hold(one!.Bytes.Span.SequenceEqual(item.Bytes.Span), $"the bytes of {item.Sequence} changed on the way");
            Hold(told.Add(item.Sequence), $"{item.Sequence} is in the stream twice");
        }

        foreach (IGrouping<string, StoredEvent> lane in stream.Stored.GroupBy(item => item.Machine))
        {
            long[] order = [.. lane.Select(item => item.Sequence)];
            // The report of drops goes before all else.
            if (lane.Key != "_node") Hold(order.SequenceEqual(order.Order()), $"{lane.Key} overtook itself: {string.Join(' ', order)}");
        }

        HashSet<long> dropped = [.. ledger.Values.SelectMany(one => one.Dropped)];
        foreach (long sequence in ledger.Keys) Hold(told.Contains(sequence) || aside.Contains(sequence) || dropped.Contains(sequence), $"(1) {sequence} is neither in the stream nor told as dropped");
        HashSet<string> causes = [.. requests, .. ledger.Values.Select(one => one.Id)];
        foreach (Event one in ledger.Values) Hold(one.Cause is null || causes.Contains(one.Cause), $"(9) {one.Id} was caused by {one.Cause}, which nobody knows");
        Chains();
        Replies();
        foreach (MachineView view in node.Core.Host.Views())
        {
            if (view.Deleted) continue;
            StoredEvent? newest = stream.Stored.LastOrDefault(item => item.Machine == view.Name && item.Kind == Scout.Server.Store.EventKind.State);
            Hold(newest is not null && Event.Of(newest).State == view.State, $"(8) the stream shows {view.Name} in {(newest is null ? "nothing" : Event.Of(newest).State)}, it is in {view.State}");
        }
    }

    private static string? EventOf(RpcResult result) => (result as ChangeResult)?.Event ?? (result as CheckResult)?.Event;

    private static string? FromOf(RpcResult result) => (result as ChangeResult)?.From ?? (result as CheckResult)?.From;

    private static string? Target(RpcRequest request) => request.Args switch
    {
        MaintenanceArgs one => one.Selection.Machines[0],
        ResumeArgs one => one.Selection.Machines[0],
        AcknowledgeArgs one => one.Selection.Machines[0],
        CheckArgs one => one.Selection.Machines[0],
        TransitionArgs one => one.Machine,
        _ => null,
    };

    private void Chains()
    {
        Dictionary<string, string> states = [];
        foreach (Event one in ledger.Values)
        {
            if (one.State is null) continue;
            if (one.Kind == EventKind.Transition)
            {
                if (states.TryGetValue(one.Machine, out string? before)) Hold(before == one.From, $"(5) {one.Machine} goes from {one.From}, and was in {before} ({one.Id})");
                Scout.Machines.Definitions.MachineDefinition definition = definitions.Definitions.First(machine => machine.Name == one.Machine);
                Hold(definition.Table.Find(one.From!, one.Transition!)?.Destination == one.To, $"(5) {one.Transition} of {one.Machine} does not lead from {one.From} to {one.To}");
            }

            states[one.Machine] = one.State;
        }
    }

    private void Replies()
    {
        Dictionary<string, Event> byId = ledger.Values.ToDictionary(one => one.Id);
        Dictionary<string, long> rows = [];
        foreach (Event one in ledger.Values)
        {
            if (one is { IsAudit: true, Cause: { } request }) rows.TryAdd(request, one.Sequence);
            else if (one.Cause is { } cause && requests.Contains(cause)) Hold(rows.ContainsKey(cause), $"{cause} had an effect ({one.Id}) before its row in the audit");
        }

        Dictionary<string, long> order = [];
        foreach ((RpcRequest request, RpcReply reply) in answered)
        {
            foreach (RpcResult result in reply.Results)
            {
                if (EventOf(result) is not { } id || request.Args is CheckArgs { WaitMs: > 0 }) continue;
                Hold(byId.TryGetValue(id, out Event? said), $"(3) {request.Id} was answered with event {id}, which is nowhere");
                if (said!.Kind == EventKind.Transition) Hold(said.From == FromOf(result), $"(3) {request.Id} was told from {FromOf(result)}, the event says {said.From}");
                Hold(said.Sequence > order.GetValueOrDefault(said.Machine), $"(3) {request.Id} of {said.Machine} comes before what was answered before it");
                order[said.Machine] = said.Sequence;
            }
        }
    }

    private void Hold(bool law, string what)
    {
        if (!law) throw new InvalidOperationException($"{what}\n{string.Join('\n', Tape)}");
    }

    private sealed record Event(long Sequence, string Id, string Machine, EventKind Kind, string? Cause, string? Transition, string? From, string? To, string? State, bool IsAudit, long[] Dropped, ReadOnlyMemory<byte> Bytes)
    {
        public static Event Of(StoredEvent item)
        {
            using JsonDocument document = JsonDocument.Parse(item.Bytes);
            JsonElement root = document.RootElement;
            JsonElement data = root.GetProperty("data");
            string? to = Text(data, "to");
            EventKind kind = item.Kind switch
            {
                Scout.Server.Store.EventKind.Transition => EventKind.Transition,
                Scout.Server.Store.EventKind.State => EventKind.State,
                _ => EventKind.Other,
            };
            string type = root.GetProperty("type").GetString()!;
            long[] dropped = type == EventTypes.Outbox
                ? [.. data.GetProperty("sequences").EnumerateArray().SelectMany(range => Range(Counter(range, "first"), Counter(range, "last")))]
                : [];
            string? state = kind switch
            {
                EventKind.Transition => to,
                EventKind.State => Text(data, "state"),
                _ => null,
            };
            return new Event(item.Sequence, root.GetProperty("id").GetString()!, item.Machine, kind, Text(root, "causationid"), Text(data, "transition"), Text(data, "from"), to, state, type == EventTypes.Audit, dropped, item.Bytes);
        }

        private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        private static long Counter(JsonElement range, string name) => EventSequence.TryParse(range.GetProperty(name).GetString()!, out EventSequence sequence) ? sequence.Counter : throw new InvalidOperationException($"{range}");

        private static IEnumerable<long> Range(long first, long last)
        {
            for (long one = first; one <= last; one++) yield return one;
        }
    }

    /// <param name="Reason">Of the maintenance that was answered; null: its end was.</param>
    /// <param name="Until">When it ends; null: by a person.</param>
    /// <param name="Sure">The answer was read.</param>
    private sealed record Told(string? Reason, DateTimeOffset? Until, bool Sure);

    private enum EventKind
    {
        Transition,
        State,
        Other,
    }
}
