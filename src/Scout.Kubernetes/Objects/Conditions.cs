using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>Conditions of pods and nodes.</summary>
internal static class Conditions
{
    /// <summary>From the property name <c>conditions</c>: is the condition <c>Ready</c> <c>True</c>?</summary>
    public static bool IsReady(ref Utf8JsonReader json)
    {
        bool ready = false;
        if (!JsonWalk.EnterArray(ref json)) return false;
        while (JsonWalk.NextObject(ref json))
        {
            bool about = false;
            bool holds = false;
            while (JsonWalk.Next(ref json))
            {
                if (json.ValueTextEquals("type"u8)) about = json.Read() && json.TokenType == JsonTokenType.String && json.ValueTextEquals("Ready"u8);
                else if (json.ValueTextEquals("status"u8)) holds = json.Read() && json.TokenType == JsonTokenType.String && json.ValueTextEquals("True"u8);
                else json.Read();
                json.Skip();
            }

            ready |= about && holds;
        }

        return ready;
    }
}
