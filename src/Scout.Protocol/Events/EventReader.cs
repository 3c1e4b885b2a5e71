using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Scout.Protocol.CloudEvents;

namespace Scout.Protocol.Events;

/// <summary>The data of a CloudEvent as a record. Fields that a newer node sends and we do not know are stepped over.</summary>
public static class EventReader
{
    /// <summary>False for a type we do not know, for data that is no JSON, and for data that lacks what its type requires.</summary>
    public static bool TryReadData(CloudEvent one, [NotNullWhen(true)] out EventData? data, [NotNullWhen(false)] out string? error)
    {
        data = null;
        error = null;
        if (one.Data.Kind != CloudEventDataKind.Json)
        {
            error = "its data is no JSON";
            return false;
        }

        EventJsonContext context = EventJsonContext.Default;
        try
        {
            ReadOnlySpan<byte> json = one.Data.Bytes.Span;
            data = one.Type switch
            {
                EventTypes.Transition => Read(json, context.TransitionData),
                EventTypes.Check => Read(json, context.CheckData),
                EventTypes.State => Read(json, context.StateData),
                EventTypes.Startup => Read(json, context.StartupData),
                EventTypes.Alive => Read(json, context.AliveData),
                EventTypes.Shutdown => Read(json, context.ShutdownData),
                EventTypes.Outbox => Read(json, context.OutboxData),
                EventTypes.Audit => Read(json, context.AuditData),
                _ => EventTypes.WatcherOf(one.Type) is null ? null : Read(json, context.WatcherData),
            };
        }
        catch (JsonException problem)
        {
            error = "its data does not fit its type: " + Shown.Clip(problem.Message, 200);
            return false;
        }

        if (data is not null) return true;
        error = $"'{Shown.Clip(one.Type)}' is no type of ours";
        return false;
    }

    private static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : EventData => JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
}
