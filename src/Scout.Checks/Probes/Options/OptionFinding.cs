namespace Scout.Checks.Probes.Options;

/// <summary>Something wrong with an option.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based.</param>
/// <param name="Code">A kind of finding of machines.md 1.2: <c>unknown_key missing_key conflict wrong_type bad_value out_of_range bad_duration</c>.</param>
/// <param name="Message">What is wrong, one line.</param>
/// <param name="Hint">How to mend it, one line.</param>
public sealed record OptionFinding(int Line, int Column, string Code, string Message, string Hint);
