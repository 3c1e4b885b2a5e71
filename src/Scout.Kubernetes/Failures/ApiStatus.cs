using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>The part of a <c>Status</c> object that decides: in the body of a refusal, and in the line <c>ERROR</c> of a watch.</summary>
internal readonly record struct ApiStatus(int Code, string Reason, string Message, TimeSpan? RetryAfter, bool VersionTooLarge)
{
    public bool IsExpired => Code == 410 || Reason is "Expired" or "Gone";

    /// <summary>Reads a Status; what is missing stays empty. False when the text is not a JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, out ApiStatus status)
    {
        status = new ApiStatus(0, "", "", null, VersionTooLarge: false);
        try
        {
            var json = new Utf8JsonReader(utf8, JsonWalk.Options);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
            status = Read(ref json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ApiStatus Read(ref Utf8JsonReader json)
    {
        int code = 0;
        string reason = "";
        string message = "";
        TimeSpan? after = null;
        bool large = false;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("code"u8)) code = (int)JsonWalk.Number(ref json);
            else if (json.ValueTextEquals("reason"u8)) reason = JsonWalk.Text(ref json);
            else if (json.ValueTextEquals("message"u8)) message = JsonWalk.Text(ref json);
            else if (json.ValueTextEquals("details"u8)) ReadDetails(ref json, ref after, ref large);
            else json.Skip();
        }

        return new ApiStatus(code, reason, message, after, large);
    }

    private static void ReadDetails(ref Utf8JsonReader json, ref TimeSpan? after, ref bool large)
    {
        if (!JsonWalk.Enter(ref json)) return;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("retryAfterSeconds"u8))
            {
                long seconds = JsonWalk.Number(ref json);
                if (seconds > 0) after = TimeSpan.FromSeconds(Math.Min(seconds, 86_400));
            }
            else if (json.ValueTextEquals("causes"u8))
            {
                if (!JsonWalk.EnterArray(ref json)) continue;
                while (JsonWalk.NextObject(ref json))
                {
                    while (JsonWalk.Next(ref json))
                    {
                        if (json.ValueTextEquals("reason"u8)) large |= JsonWalk.Text(ref json) == "ResourceVersionTooLarge";
                        else json.Skip();
                    }
                }
            }
            else
            {
                json.Skip();
            }
        }
    }

    /// <summary>The failure that a status code stands for (kubernetes.md 1.4).</summary>
    public static ApiFailure FailureOf(int code, ApiStatus status) => code switch
    {
        _ when status.IsExpired => ApiFailure.Expired,
        _ when status.VersionTooLarge => ApiFailure.TooLarge,
        401 => ApiFailure.Unauthorized,
        403 => ApiFailure.Forbidden,
        404 => ApiFailure.NotServed,
        400 or 422 => ApiFailure.BadRequest,
        410 => ApiFailure.Expired,
        429 or >= 500 => ApiFailure.Busy,
        >= 300 and < 400 => ApiFailure.NotTheApi,
        _ => ApiFailure.Refused,
    };
}
