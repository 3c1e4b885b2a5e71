using Scout.Server.Runs;

namespace Scout.Server.Metrics;

/// <summary>The node series of server.md section 8, in the order of its table. A pure function of the sample.</summary>
internal static class NodeFamilies
{
    private static readonly string[] States = ["OK", "WARNING", "CRITICAL", "UNKNOWN", "MAINTENANCE", "FORCE_CHECK", "other"];

    public static void Write(ExpositionWriter writer, NodeSample node, bool textfile)
    {
        Identity(writer, node);
        if (!textfile) Loop(writer, node);
        Store(writer, node.Store);
        Outbox(writer, node.Outbox);
        Connection(writer, node);
        if (!textfile) Requests(writer, node.Counters);
        writer.Counter("scout_limit_reached_total", "How often a bound cost something.", always: true);
        Each(writer, "limit", node.Counters.Limits);
    }

    private static void Identity(ExpositionWriter writer, NodeSample node)
    {
        writer.Gauge("scout_up", "1 while the server runs; a clean stop leaves 0.", always: true);
        writer.Sample(node.Up ? 1 : 0);
        writer.Gauge("scout_info", "Version and place of the node.", always: true);
        writer.Begin();
        writer.Label("version", node.Version);
        writer.Label("zone", node.Zone);
        writer.Label("region", node.Region);
        writer.Value(1);
        writer.Gauge("scout_mode", "How the node trusts its broker.", always: true);
        writer.Sample("mode", node.Mode, 1);
        writer.Gauge("scout_machines", "How many machines are in a state.", always: true);
        int[] counts = new int[States.Length];
        foreach (MachineSample machine in node.Machines)
        {
            int place = Array.IndexOf(States, machine.View.State);
            counts[place < 0 ? States.Length - 1 : place]++;
        }

        for (int i = 0; i < States.Length; i++) writer.Sample("state", States[i], counts[i]);
        writer.Gauge("scout_definitions_refused", "Files that were never good.", always: true);
        writer.Sample(node.DefinitionsRefused);
        writer.Counter("scout_definition_reloads_total", "Batches of definitions.", always: true);
        writer.Sample("result", "applied", node.ReloadsApplied);
        writer.Sample("result", "refused", node.ReloadsRefused);
    }

    private static void Loop(ExpositionWriter writer, NodeSample node)
    {
        RunCounters runs = node.Counters.Runs;
        writer.Histogram("scout_check_lateness_seconds", "Due to start of a run.", [(null, "", runs.Lateness)]);
        writer.Histogram("scout_store_sync_seconds", "One sync of the journal.", [(null, "", node.Counters.StoreSync)]);
        writer.Histogram("scout_rpc_duration_seconds", "Arrival of a request to its reply.",
            NodeCounters.Actions.Select(action => ((string?)"action", action, node.Counters.Duration(action))));
        One(writer, "scout_loop_last_tick_timestamp_seconds", "When the loop last turned.", MachineFamilies.Seconds(node.LastTick));
        One(writer, "scout_loop_queue", "Inputs that wait for the loop.", node.LoopQueue);
        One(writer, "scout_slots", "Runs at a time.", node.Slots);
        One(writer, "scout_runs_active", "Runs that hold a slot.", node.RunsActive);
        One(writer, "scout_runs_waiting", "Runs that wait for a slot.", node.RunsWaiting);
        One(writer, "scout_runs_stuck", "Machines whose last process would not die.", node.RunsStuck);
        writer.Counter("scout_ticks_skipped_total", "Due times that made no check.", always: true);
        Each(writer, "why", runs.TicksSkipped);
        writer.Counter("scout_run_problems_total", "Runs that did not end by an exit code of 0 to 3.", always: true);
        Each(writer, "reason", runs.Problems);
        writer.Counter("scout_probe_runs_total", "Native probes by reason.", always: true);
        Each(writer, "reason", runs.Probes);
        writer.Counter("scout_plugin_cpu_seconds_total", "User and system time of plugins.", always: true);
        writer.Sample(runs.Cpu.TotalSeconds);
        writer.Counter("scout_orphans_total", "Processes that outlived their run.", always: true);
        Each(writer, "fate", node.Counters.Orphans);
    }

    private static void Store(ExpositionWriter writer, StoreSample store)
    {
        One(writer, "scout_store_degraded", "1 while commits fail.", store.Degraded ? 1 : 0);
        One(writer, "scout_store_bytes", "Size of the journal.", store.Bytes);
        One(writer, "scout_store_held_bytes", "Steps held in memory while commits fail.", store.HeldBytes);
        writer.Counter("scout_store_commits_total", "Records written.", always: true);
        writer.Sample(store.Commits);
        writer.Counter("scout_store_repairs_total", "What opening the store had to mend.", always: true);
        writer.Sample("kind", "torn", store.TornTails);
        writer.Sample("kind", "damaged", store.Damaged);
        writer.Sample("kind", "snapshot", store.BadSnapshots);
        writer.Sample("kind", "corrupt", store.Corrupt);
        writer.Counter("scout_store_lost_records_total", "Records that damage has cost.", always: true);
        writer.Sample(store.LostRecords);
    }

    private static void Outbox(ExpositionWriter writer, OutboxSample outbox)
    {
        One(writer, "scout_outbox_events", "Events not yet acknowledged by the stream.", outbox.Events);
        One(writer, "scout_outbox_bytes", "Their size.", outbox.Bytes);
        One(writer, "scout_outbox_fill_ratio", "How full it is, by the higher of both bounds.", outbox.Fill);
        writer.Gauge("scout_outbox_oldest_timestamp_seconds", "Time of the oldest event in it; 0 when it is empty.", always: true);
        writer.Sample(outbox.Oldest is { } oldest ? MachineFamilies.Seconds(oldest) : 0);
        One(writer, "scout_event_sequence", "Sequence of the last event.", outbox.Sequence);
        writer.Counter("scout_events_published_total", "Events acknowledged by the stream.", always: true);
        ByKind(writer, outbox.Published);
        writer.Counter("scout_events_dropped_total", "Events dropped because the outbox was full.", always: true);
        ByKind(writer, outbox.Dropped);
        Count(writer, "scout_events_set_aside_total", "Events the stream refused for good.", outbox.SetAside);
        Count(writer, "scout_events_resent_total", "Events sent more than once.", outbox.Resent);
        Count(writer, "scout_events_suspicious_total", "First attempts that the stream called duplicates.", outbox.Suspicious);
    }

    private static void Connection(ExpositionWriter writer, NodeSample node)
    {
        One(writer, "scout_connection_up", "1 while connected to the broker.", node.ConnectionUp ? 1 : 0);
        One(writer, "scout_connection_refused", "1 while the broker refuses us.", node.ConnectionRefused ? 1 : 0);
        Count(writer, "scout_connection_reconnects_total", "Connections made after the first.", node.Reconnects);
        if (node.TrustSerial is { } serial) One(writer, "scout_trust_serial", "Serial of the trust document by which callers are believed.", serial);
        if (node.Enrolment is null) return;
        writer.Gauge("scout_enrolment", "How the node stands with its fleet.", always: true);
        foreach (string word in Enrolment.EnrolmentState.Phases) writer.Sample("state", word, word == node.Enrolment ? 1 : 0);
        if (node.CredentialsLeft is { } left) One(writer, "scout_credentials_expiry_seconds", "Until the node's credentials expire; negative when they have.", left.TotalSeconds);
    }

    private static void Requests(ExpositionWriter writer, NodeCounters counters)
    {
        writer.Counter("scout_rpc_requests_total", "Requests by action and decision.", always: true);
        foreach (string action in NodeCounters.Actions)
        {
            LabelledCounter decisions = counters.Requests(action);
            for (int i = 0; i < decisions.Values.Count; i++) writer.Sample("action", action, "decision", decisions.Values[i], decisions[i]);
        }

        Count(writer, "scout_textfile_errors_total", "Writes of the textfile that failed.", counters.TextfileErrors);
        Count(writer, "scout_log_dropped_total", "Log lines dropped because the queue was full.", counters.LogDropped);
    }

    private static void One(ExpositionWriter writer, string name, string help, double value)
    {
        writer.Gauge(name, help, always: true);
        writer.Sample(value);
    }

    private static void Count(ExpositionWriter writer, string name, string help, double value)
    {
        writer.Counter(name, help, always: true);
        writer.Sample(value);
    }

    private static void ByKind(ExpositionWriter writer, IReadOnlyList<long> counts)
    {
        for (int i = 0; i < NodeCounters.Kinds.Length; i++) writer.Sample("kind", NodeCounters.Kinds[i], counts[i]);
    }

    private static void Each(ExpositionWriter writer, string label, LabelledCounter counter)
    {
        for (int i = 0; i < counter.Values.Count; i++) writer.Sample(label, counter.Values[i], counter[i]);
    }
}
