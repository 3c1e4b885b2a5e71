namespace Scout.Server.Connection;

/// <summary>The line to the broker as it stands.</summary>
/// <param name="Words">For people: <c>connected</c>, or why it is not.</param>
internal sealed record BrokerState(bool Up, bool Refused, long Reconnects, long Resent, long Suspicious, string Words)
{
    /// <summary>How the node stands with its fleet; null in dev mode and without a broker.</summary>
    public Enrolment.EnrolmentState? Enrolment { get; init; }

    /// <summary>Serial of the trust document in force; null without one.</summary>
    public long? Trust { get; init; }

    public static BrokerState None { get; } = new(false, false, 0, 0, 0, "none configured");
}
