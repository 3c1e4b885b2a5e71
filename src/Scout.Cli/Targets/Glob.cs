using System.Collections.Immutable;
using Patterns = Scout.Protocol.Rpc.Glob;

namespace Scout.Cli.Targets;

/// <summary>A name, or a pattern with <c>* ? [a-z] [!a-z]</c>, as nodes themselves match it.</summary>
internal sealed record Glob(string Text)
{
    public bool IsLiteral { get; } = !Patterns.IsPattern(Text);

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Problem(string text)
    {
        if (Patterns.IsValid(text)) return null;
        if (text.Length > Protocol.Rpc.RpcLimits.MaxPattern) return $"longer than {Protocol.Rpc.RpcLimits.MaxPattern} characters";
        ImmutableArray<char> odd = [.. text.Where(c => !(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '*' or '?' or '[' or ']' or '!' or '^'))];
        if (!odd.IsEmpty) return $"'{Rendering.Escape.Line(odd[0].ToString())}' is in no name";
        return text.Contains('[', StringComparison.Ordinal) ? "a '[' is not closed, or its class is not like [a-z]" : $"'{Rendering.Escape.Line(text)}' is no name and no pattern";
    }

    public bool Matches(string name) => IsLiteral ? Text == name : Patterns.Matches(Text, name);

    public override string ToString() => Text;
}
