using System.Text;
using System.Text.Json;

namespace Scout.Machines.Definitions.Templates;

/// <summary>The functions of a template.</summary>
internal enum TemplateFunction
{
    Lookup,
    Override,
    Title,
    Capitalize,
    ToLower,
    ToUpper,
    StringsJoin,
    Base64Encode,
    Base64Decode,
}

/// <summary>A function with its arguments.</summary>
internal sealed class CallExpression(TemplateFunction function, TemplateExpression[] arguments) : TemplateExpression
{
    /// <summary>Names as people write them.</summary>
    public static readonly IReadOnlyDictionary<string, TemplateFunction> ByName = new Dictionary<string, TemplateFunction>(StringComparer.Ordinal)
    {
        ["lookup"] = TemplateFunction.Lookup,
        ["o"] = TemplateFunction.Override,
        ["Title"] = TemplateFunction.Title,
        ["Capitalize"] = TemplateFunction.Capitalize,
        ["ToLower"] = TemplateFunction.ToLower,
        ["ToUpper"] = TemplateFunction.ToUpper,
        ["StringsJoin"] = TemplateFunction.StringsJoin,
        ["Base64Encode"] = TemplateFunction.Base64Encode,
        ["Base64Decode"] = TemplateFunction.Base64Decode,
    };

    public static (int Least, int Most) Arity(TemplateFunction function) => function switch
    {
        TemplateFunction.Lookup or TemplateFunction.Override => (1, 2),
        TemplateFunction.StringsJoin => (2, 2),
        _ => (1, 1),
    };

    public override bool TryEvaluate(in TemplateScope scope, out TemplateValue value, out string? error)
    {
        value = default;
        if (!arguments[0].TryEvaluate(scope, out TemplateValue first, out error)) return false;
        TemplateValue second = default;
        if (arguments.Length > 1 && !arguments[1].TryEvaluate(scope, out second, out error)) return false;
        switch (function)
        {
            case TemplateFunction.Lookup:
            case TemplateFunction.Override:
                return TryFind(scope, first.ToText(), arguments.Length > 1 ? second : null, out value, out error);
            case TemplateFunction.StringsJoin:
                // Written StringsJoin list "," or, after a pipe, list | StringsJoin ",".
                value = TemplateValue.Of(first.IsList || !second.IsList ? Join(first, second.ToText()) : Join(second, first.ToText()));
                return true;
            case TemplateFunction.Base64Decode:
                return TryDecode(first.ToText(), out value, out error);
            default:
                value = TemplateValue.Of(Change(first.ToText()));
                return true;
        }
    }

    private bool TryFind(in TemplateScope scope, string path, TemplateValue? fallback, out TemplateValue value, out string? error)
    {
        error = null;
        if (TemplatePath.TrySplit(path, out List<string> steps))
        {
            JsonElement at = default;
            int from = 0;
            if (function == TemplateFunction.Override)
            {
                if (scope.Overrides.ValueKind == JsonValueKind.Object) scope.Overrides.TryGetProperty(scope.MachineName, out at);
            }
            else
            {
                at = steps[0] switch { "facts" => scope.Facts, "data" => scope.Data, _ => default };
                from = 1;
            }

            if (TemplatePath.TryFollow(at, steps, from, out JsonElement found))
            {
                value = new TemplateValue(null, found);
                return true;
            }
        }

        value = fallback ?? default;
        if (fallback is null)
            error = function == TemplateFunction.Override ? $"the overrides of {scope.MachineName} have no '{path}'" : $"'{path}' is not found";
        return fallback is not null;
    }

    private string Change(string text) => function switch
    {
        TemplateFunction.ToLower => text.ToLowerInvariant(),
        TemplateFunction.ToUpper => text.ToUpperInvariant(),
        TemplateFunction.Capitalize => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..],
        TemplateFunction.Base64Encode => Convert.ToBase64String(Encoding.UTF8.GetBytes(text)),
        _ => Title(text),
    };

    private static string Title(string text) => string.Create(text.Length, text, static (letters, from) =>
    {
        for (int i = 0; i < letters.Length; i++)
            letters[i] = i == 0 || !(char.IsLetterOrDigit(from[i - 1]) || from[i - 1] is '_' or '\'') ? char.ToUpperInvariant(from[i]) : from[i];
    });

    private static string Join(TemplateValue list, string separator) =>
        list.IsList ? string.Join(separator, list.Json.EnumerateArray().Select(TemplateValue.Print)) : list.ToText();

    private static bool TryDecode(string text, out TemplateValue value, out string? error)
    {
        var bytes = new byte[text.Length];
        if (Convert.TryFromBase64String(text, bytes, out int length))
        {
            value = TemplateValue.Of(Encoding.UTF8.GetString(bytes, 0, length));
            error = null;
            return true;
        }

        value = default;
        error = "Base64Decode: the value is not base64";
        return false;
    }
}
