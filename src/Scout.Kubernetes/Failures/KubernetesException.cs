namespace Scout.Kubernetes;

/// <summary>What the API answered instead of what was asked, or why it could not be asked. The message is for people, and never holds the token.</summary>
public sealed class KubernetesException(ApiFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public ApiFailure Failure { get; } = failure;

    /// <summary>HTTP status, or <c>code</c> of a Status object in a stream.</summary>
    public int? Code { get; init; }

    /// <summary><c>reason</c> of the Status object, as <c>Expired</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>How long the server asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
