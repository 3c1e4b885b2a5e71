using System.Text.Json.Serialization;
using Scout.Protocol.Json;

namespace Scout.Protocol.Events;

/// <summary>Names in snake_case, nothing that is null. Written always through a writer of <see cref="WireJson.Writer"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(TransitionData))]
[JsonSerializable(typeof(CheckData))]
[JsonSerializable(typeof(StateData))]
[JsonSerializable(typeof(WatcherData))]
[JsonSerializable(typeof(StartupData))]
[JsonSerializable(typeof(AliveData))]
[JsonSerializable(typeof(ShutdownData))]
[JsonSerializable(typeof(OutboxData))]
[JsonSerializable(typeof(AuditData))]
[JsonSerializable(typeof(MachineSummary))]
internal sealed partial class EventJsonContext : JsonSerializerContext;
