using System.Text.Json;

namespace Scout.Machines.Definitions;

/// <summary>A text with <c>{{ ... }}</c> parts, parsed once (machines.md section 9).</summary>
public abstract class TextTemplate
{
    /// <summary>The text as written in the definition.</summary>
    public abstract string Source { get; }

    /// <summary>True when there is nothing to expand, so that <see cref="Source"/> is the value.</summary>
    public abstract bool IsLiteral { get; }

    /// <summary>Expands the template; false when a path is not found and has no default.</summary>
    /// <param name="scope">What the functions look into.</param>
    /// <param name="value">The expanded text, or the source when it failed.</param>
    /// <param name="error">Names the path that was not found; null on success.</param>
    public abstract bool TryExpand(TemplateScope scope, out string value, out string? error);
}

/// <summary>What <c>lookup</c> and <c>o</c> read.</summary>
/// <param name="MachineName">The machine whose part of the overrides <c>o</c> reads.</param>
/// <param name="Facts">One JSON object of the node, or undefined.</param>
/// <param name="Data">One JSON object of the machine, or undefined.</param>
/// <param name="Overrides">One JSON object, keys are machine names, or undefined.</param>
public readonly record struct TemplateScope(string MachineName, JsonElement Facts, JsonElement Data, JsonElement Overrides);

/// <summary>The words of a command: split when read, expanded word by word at each run.</summary>
/// <param name="Words">At least one.</param>
/// <param name="Source">As written, for people.</param>
public sealed record CommandTemplate(System.Collections.Immutable.ImmutableArray<TextTemplate> Words, string Source)
{
    /// <summary>True when no word holds a template.</summary>
    public bool IsLiteral { get; } = Words.All(word => word.IsLiteral);
}
