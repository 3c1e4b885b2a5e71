namespace Scout.Checks.Thresholds;

/// <summary>Why a text is no range.</summary>
/// <param name="Position">1-based, in characters of the text.</param>
/// <param name="Message">What is wrong and how to write it.</param>
public readonly record struct RangeError(int Position, string Message);
