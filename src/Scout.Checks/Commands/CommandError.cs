namespace Scout.Checks.Commands;

/// <summary>Why a command text cannot be split (<c>bad_command</c>).</summary>
/// <param name="Column">1-based, in characters of the text; 0 when no single place is to blame.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">How to mend it; empty when there is nothing to add.</param>
public readonly record struct CommandError(int Column, string Message, string Hint);
