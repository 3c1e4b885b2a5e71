using System.Text.Json.Serialization;
using Scout.Protocol.Json;

namespace Scout.Protocol.Rpc;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(PingResult))]
[JsonSerializable(typeof(FactsResult))]
[JsonSerializable(typeof(MachineLine))]
[JsonSerializable(typeof(MachineDetail))]
[JsonSerializable(typeof(CheckResult))]
[JsonSerializable(typeof(ChangeResult))]
[JsonSerializable(typeof(MeshResult))]
[JsonSerializable(typeof(MeshProbeResult))]
[JsonSerializable(typeof(HistoryResult))]
internal sealed partial class RpcJsonContext : JsonSerializerContext;
