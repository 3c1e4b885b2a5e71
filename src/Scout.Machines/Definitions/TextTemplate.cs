using System.Text.Json;
using Scout.Machines.Definitions.Templates;

namespace Scout.Machines.Definitions;

/// <summary>A text with <c>{{ ... }}</c> parts, parsed once (machines.md section 9).</summary>
public abstract class TextTemplate
{
    /// <summary>The longest text that may hold a template, in characters (machines.md section 12).</summary>
    public const int LongestSource = 4096;

    /// <summary>The text as written in the definition.</summary>
    public abstract string Source { get; }

    /// <summary>True when there is nothing to expand, so that <see cref="Source"/> is the value.</summary>
    public abstract bool IsLiteral { get; }

    /// <summary>A text taken as it is, braces included.</summary>
    public static TextTemplate Literal(string text) => new LiteralTemplate(text);

    /// <summary>Reads a template; a text without <c>{{</c> is a literal of any length.</summary>
    /// <param name="text">As written.</param>
    /// <param name="template">The parsed template, when it succeeds.</param>
    /// <param name="error">What is wrong and at which column of the text (1-based), when it fails.</param>
    public static bool TryParse(string text, out TextTemplate template, out SyntaxError error)
    {
        error = default;
        if (!text.Contains("{{", StringComparison.Ordinal))
        {
            template = new LiteralTemplate(text);
            return true;
        }

        if (text.Length > LongestSource)
        {
            template = null!;
            error = new SyntaxError(1, $"a template of {text.Length} characters", $"at most {LongestSource} characters");
            return false;
        }

        return TemplateParser.TryParse(text, out template, out error);
    }

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
    /// <summary>The user of the system it runs as; null: whom the node chooses. The node has the last word on who may be named.</summary>
    public string? User { get; init; }

    /// <summary>As people may see it: <see cref="Source"/> without the secrets in it.</summary>
    public string Shown
    {
        get
        {
            string[] words = [.. Words.Select(word => word.Source)];
            System.Collections.Immutable.ImmutableArray<string> hidden = SecretText.Words(words);
            return hidden.SequenceEqual(words) ? Source : string.Join(' ', hidden);
        }
    }

    /// <summary>The same with literal secrets hidden; what a template will put there is not known here.</summary>
    public CommandTemplate WithoutSecrets()
    {
        string[] words = [.. Words.Select(word => word.Source)];
        System.Collections.Immutable.ImmutableArray<string> hidden = SecretText.Words(words);
        return hidden.SequenceEqual(words) ? this : this with { Words = [.. hidden.Select(TextTemplate.Literal)], Source = Shown };
    }

    /// <summary>True when no word holds a template.</summary>
    public bool IsLiteral { get; } = Words.All(word => word.IsLiteral);
}
