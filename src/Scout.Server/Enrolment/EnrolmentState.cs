namespace Scout.Server.Enrolment;

/// <summary>How a node stands with its fleet.</summary>
internal enum EnrolmentPhase
{
    /// <summary>Neither credentials nor a token.</summary>
    NotEnrolled,

    /// <summary>A token is there, and no answer yet.</summary>
    Asking,

    /// <summary>A person must approve.</summary>
    Pending,

    /// <summary>The token does not do.</summary>
    Refused,

    Enrolled,

    /// <summary>The credentials have expired.</summary>
    Expired,
}

/// <summary>The same in words, for the log, <c>inspect</c> and metrics.</summary>
/// <param name="Phase">Which.</param>
/// <param name="Words">What, and how to mend it.</param>
/// <param name="Expires">Of the credentials.</param>
internal sealed record EnrolmentState(EnrolmentPhase Phase, string Words, DateTimeOffset? Expires)
{
    /// <summary>All words, in the order of the phases.</summary>
    public static IReadOnlyList<string> Phases { get; } = ["not_enrolled", "asking", "pending", "refused", "enrolled", "expired"];

    public static EnrolmentState None { get; } = new(EnrolmentPhase.NotEnrolled, "not enrolled", null);

    /// <summary>Word of the phase, as in the label of <c>scout_enrolment</c>.</summary>
    public string Word => Phases[(int)Phase];
}
