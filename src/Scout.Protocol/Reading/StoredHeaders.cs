namespace Scout.Protocol.Reading;

/// <summary>
/// The headers with which the message broker gives out what it stored. Answers to direct gets can be steered onto any subject, stored there or live, and the
/// sender chose every other header himself (security.md 6, trap 3): so each must be there as often as the way of delivery adds it, and name what we asked for.
/// </summary>
public static class StoredHeaders
{
    /// <summary>Whether a message came the way we think it came.</summary>
    /// <param name="headers">All of them.</param>
    /// <param name="delivery">How we got it.</param>
    /// <param name="stream">That keeps it; null: any of ours.</param>
    /// <param name="subject">Under which it is stored, for <see cref="EventDelivery.DirectGet"/> and <see cref="EventDelivery.Republished"/>.</param>
    public static bool Fit(IEnumerable<KeyValuePair<string, string>> headers, EventDelivery delivery, string? stream, string subject)
    {
        int streams = 0;
        int subjects = 0;
        int sequences = 0;
        foreach ((string name, string value) in headers)
        {
            if (Is(name, "Nats-Stream"))
            {
                streams++;
                if (stream is not null && value != stream) return false;
            }
            else if (Is(name, "Nats-Subject"))
            {
                subjects++;
                if (value != subject) return false;
            }
            else if (Is(name, "Nats-Sequence"))
            {
                sequences++;
            }
        }

        int added = EventReaderRules.StreamHeaders(delivery);
        return streams == added && subjects == added && sequences == added;
    }

    /// <summary>True for what nobody stored: no header of the streams on it.</summary>
    public static bool IsLive(IEnumerable<string> names) => !names.Any(static name => Is(name, "Nats-Stream") || Is(name, "Nats-Subject") || Is(name, "Nats-Sequence"));

    private static bool Is(string name, string wanted) => name.Equals(wanted, StringComparison.OrdinalIgnoreCase);
}
