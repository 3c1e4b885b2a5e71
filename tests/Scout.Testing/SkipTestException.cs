namespace Scout.Testing;

/// <summary>
/// Ends a test as skipped, with the reason. xunit.v3 knows it by the token at the start of the message, so this project needs no test framework
/// and benchmarks can use it too.
/// </summary>
public sealed class SkipTestException(string reason) : Exception("$XunitDynamicSkip$" + reason)
{
    /// <summary>Why, without the token.</summary>
    public string Reason { get; } = reason;

    /// <summary>Skips because something is missing; fails instead when the environment variable <paramref name="requireVariable"/> is <c>1</c>.</summary>
    public static Exception Because(string reason, string requireVariable) =>
        Environment.GetEnvironmentVariable(requireVariable) == "1"
            ? new InvalidOperationException($"{reason} ({requireVariable}=1 forbids skipping)")
            : new SkipTestException($"{reason}; set {requireVariable}=1 to make this a failure");
}
