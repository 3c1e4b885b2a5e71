using System.Text.Json;
using Scout.Machines.Timing;

namespace Scout.Machines.Definitions;

/// <summary>The canonical JSON of a watcher, in the keys of the long form.</summary>
internal static class WatcherJson
{
    public static void Write(Utf8JsonWriter json, WatcherDefinition watcher)
    {
        json.WriteStartObject();
        json.WriteString("name", watcher.Name);
        json.WriteString("type", watcher.Type);
        if (watcher.Interval is { } interval) Write(json, "interval", interval);
        if (watcher.AnnounceInterval is { } announce) Write(json, "announce_interval", announce);
        DefinitionJson.WriteNames(json, "state_match", watcher.StateMatch);
        if (watcher.ForeignStates.Length > 0) WriteForeign(json, watcher);
        if (watcher.SuccessTransition is { } success) json.WriteString("success_transition", success);
        if (watcher.FailTransition is { } fail) json.WriteString("fail_transition", fail);
        json.WriteStartObject("properties");
        WriteProperties(json, watcher);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteForeign(Utf8JsonWriter json, WatcherDefinition watcher)
    {
        json.WriteStartArray("foreign_state_required");
        foreach (ForeignState foreign in watcher.ForeignStates)
        {
            json.WriteStartObject();
            json.WriteString("machine_name", foreign.MachineName);
            json.WriteString("state", foreign.State);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProperties(Utf8JsonWriter json, WatcherDefinition watcher)
    {
        switch (watcher)
        {
            case NagiosWatcher check:
                WriteCheck(json, check);
                break;
            case ExecWatcher exec:
                WriteExec(json, exec);
                break;
            case FileWatcher file:
                json.WriteString("path", file.Path);
                json.WriteBoolean("gather_initial_state", file.GatherInitialState);
                if (file.Managed is not { } managed) break;
                json.WriteString("contents", managed.Contents.Source);
                json.WriteString("owner", managed.Owner.Source);
                json.WriteString("group", managed.Group.Source);
                json.WriteString("mode", managed.Mode.Source);
                break;
            case ScheduleWatcher schedule:
                json.WriteStartArray("schedules");
                foreach (CronSchedule line in schedule.Schedules) json.WriteStringValue(line.Source);
                json.WriteEndArray();
                Write(json, "duration", schedule.Duration);
                Write(json, "start_splay", schedule.StartSplay);
                json.WriteBoolean("skip_trigger_on_reenter", schedule.SkipTriggerOnReenter);
                if (schedule.TimeZone is { } zone) json.WriteString("timezone", zone.Id);
                break;
            case TimerWatcher timer:
                Write(json, "timer", timer.Timer);
                json.WriteBoolean("splay", timer.Splay);
                break;
            case MetricWatcher metric:
                WriteCommand(json, "command", metric.Command);
                Write(json, "timeout", metric.Timeout);
                DefinitionJson.WriteMap(json, "labels", metric.Labels);
                json.WriteBoolean("store", metric.Store);
                json.WriteBoolean("skip_prometheus", metric.SkipPrometheus);
                break;
        }
    }

    private static void WriteCheck(Utf8JsonWriter json, NagiosWatcher check)
    {
        if (check.Subject is PluginSubject plugin) WriteCommand(json, "plugin", plugin.Command);
        else if (check.Subject is BuiltinSubject builtin) json.WriteString("builtin", builtin.Kind);
        else if (check.Subject is ProbeSubject probe) WriteProbe(json, probe);
        Write(json, "timeout", check.Timeout);
        json.WriteNumber("attempts", check.Attempts);
        json.WriteNumber("recover_attempts", check.RecoverAttempts);
        if (check.RetryInterval is { } retry) Write(json, "retry_interval", retry);
        if (check.Flapping is { } flapping)
        {
            json.WriteStartObject("flapping");
            json.WriteNumber("low", flapping.Low);
            json.WriteNumber("high", flapping.High);
            json.WriteEndObject();
        }
        else
        {
            json.WriteString("flapping", "off");
        }

        Write(json, "splay", check.Splay);
        if (check.Events is { } events) json.WriteString("events", EventDetails.Name(events));
        DefinitionJson.WriteMap(json, "annotations", check.Annotations);
    }

    private static void WriteProbe(Utf8JsonWriter json, ProbeSubject probe)
    {
        json.WritePropertyName(probe.Kind);
        json.WriteRawValue(probe.CanonicalJson);
    }

    private static void WriteExec(Utf8JsonWriter json, ExecWatcher exec)
    {
        WriteCommand(json, "command", exec.Command);
        Write(json, "timeout", exec.Timeout);
        json.WriteStartArray("environment");
        foreach (KeyValuePair<string, TextTemplate> variable in exec.Environment) json.WriteStringValue($"{variable.Key}={variable.Value.Source}");
        json.WriteEndArray();
        json.WriteBoolean("parse_as_data", exec.ParseAsData);
        json.WriteBoolean("suppress_success_announce", exec.SuppressSuccessAnnounce);
        json.WriteBoolean("gather_initial_state", exec.GatherInitialState);
        Write(json, "cooldown", exec.Cooldown);
        json.WriteNumber("max_runs", exec.MaxRuns);
        Write(json, "per", exec.Per);
    }

    // The words, so that a text and the list of its words are the same command.
    private static void WriteCommand(Utf8JsonWriter json, string key, CommandTemplate command)
    {
        json.WriteStartArray(key);
        foreach (TextTemplate word in command.Words) json.WriteStringValue(word.Source);
        json.WriteEndArray();
        if (command.User is { } user) json.WriteString("user", user);
    }

    private static void Write(Utf8JsonWriter json, string key, TimeSpan duration) => json.WriteString(key, DurationText.Format(duration));
}
