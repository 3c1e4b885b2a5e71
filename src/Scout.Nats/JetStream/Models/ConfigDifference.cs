using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Scout.Nats;

/// <summary>One field that came out differently.</summary>
public sealed record ConfigDifference(string Field, string Wish, string Answer)
{
    public override string ToString() => $"{Field}: asked for {Wish}, got {Answer}";

    /// <summary>
    /// Compares what was asked with what the server says it has, field by field. Fields that were not asked for do not count: a server that does not know a
    /// field ignores it and answers with success, so only the comparison tells.
    /// </summary>
    public static IReadOnlyList<ConfigDifference> Between(StreamConfig wish, StreamInfo answer)
    {
        JsonElement answered = answer.AnsweredConfig.ValueKind == JsonValueKind.Object
            ? answer.AnsweredConfig
            : JsonSerializer.SerializeToElement(answer.Config, JSJson.Strict.StreamConfig);
        return Between(wish, answered, JSJson.Strict.StreamConfig);
    }

    internal static IReadOnlyList<ConfigDifference> Between<T>(T wish, JsonElement answer, JsonTypeInfo<T> type)
    {
        List<ConfigDifference> differences = [];
        Compare("", JsonSerializer.SerializeToElement(wish, type), answer, differences);
        return differences;
    }

    private static void Compare(string path, JsonElement wish, JsonElement? answer, List<ConfigDifference> differences)
    {
        switch (wish.ValueKind)
        {
            case JsonValueKind.Object when answer is { ValueKind: JsonValueKind.Object } given:
                foreach (JsonProperty field in wish.EnumerateObject())
                {
                    JsonElement? inner = given.TryGetProperty(field.Name, out JsonElement value) ? value : null;
                    Compare(path.Length == 0 ? field.Name : $"{path}.{field.Name}", field.Value, inner, differences);
                }

                return;
            case JsonValueKind.Array when answer is { ValueKind: JsonValueKind.Array } given && given.GetArrayLength() == wish.GetArrayLength():
                for (int i = 0; i < wish.GetArrayLength(); i++) Compare($"{path}[{i}]", wish[i], given[i], differences);
                return;
        }

        if (!Same(wish, answer)) differences.Add(new ConfigDifference(path, wish.GetRawText(), answer?.GetRawText() ?? "nothing"));
    }

    // Servers leave out what is empty or false.
    private static bool Same(JsonElement wish, JsonElement? answer) => wish.ValueKind switch
    {
        JsonValueKind.String => wish.GetString() == (answer is { ValueKind: JsonValueKind.String } text ? text.GetString() : answer is null ? "" : null),
        JsonValueKind.Number => answer is null
            ? wish.TryGetInt64(out long none) && none == 0
            : answer.Value.ValueKind == JsonValueKind.Number && wish.TryGetDecimal(out decimal a) && answer.Value.TryGetDecimal(out decimal b) && a == b,
        JsonValueKind.True => answer is { ValueKind: JsonValueKind.True },
        JsonValueKind.False => answer is null or { ValueKind: JsonValueKind.False },
        JsonValueKind.Array => wish.GetArrayLength() == 0 && answer is null or { ValueKind: JsonValueKind.Null },
        _ => answer is null or { ValueKind: JsonValueKind.Null },
    };
}
