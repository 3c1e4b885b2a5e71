using System.Buffers;
using System.Text;

namespace Scout.Protocol.CloudEvents;

/// <summary>What values of attributes may look like (CloudEvents 1.0, sections 2.3 to 3; RFC 3986, RFC 2046).</summary>
public static class CloudEventRules
{
    private static readonly SearchValues<char> UriCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%");

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

    /// <summary>Null when the event may be written; else what is wrong with it.</summary>
    public static string? Validate(CloudEvent one)
    {
        if (one.Id.Length == 0 || !IsText(one.Id)) return "id must be a non-empty text without control characters";
        if (one.Type.Length == 0 || !IsText(one.Type)) return "type must be a non-empty text without control characters";
        if (!IsUriReference(one.Source)) return "source must be a non-empty URI-reference";
        if (one.Subject is { } subject && (subject.Length == 0 || !IsText(subject))) return "subject must be a non-empty text without control characters";
        if (one.DataSchema is { } schema && !IsAbsoluteUri(schema)) return "dataschema must be an absolute URI";
        if (one.DataContentType is { } type && !IsMediaType(type)) return "datacontenttype must be a media type (RFC 2046)";
        foreach ((string name, CloudEventValue value) in one.Extensions)
        {
            if (!IsExtensionName(name)) return $"extension '{Shown.Clip(name)}' must be lower-case letters and digits, and no name of an attribute";
            if (!IsText(value.ToString())) return $"extension '{name}' has a control character in it";
        }

        if (one.Data.Kind == CloudEventDataKind.Text && (one.DataContentType is null || IsJson(one.DataContentType))) return "text as data needs a datacontenttype that is not JSON";
        return one.Data.Kind == CloudEventDataKind.Json && !IsJson(one.DataContentType) ? "JSON as data needs a datacontenttype of JSON" : null;
    }

    /// <summary>No C0, C1, lone surrogate or non-character.</summary>
    public static bool IsText(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int used) != OperationStatus.Done) return false;
            int value = rune.Value;
            if (value is < 0x20 or (>= 0x7F and <= 0x9F) or (>= 0xFDD0 and <= 0xFDEF) || (value & 0xFFFE) == 0xFFFE) return false;
            text = text[used..];
        }

        return true;
    }

    /// <summary>Characters of RFC 3986, percent signs only before two hex digits.</summary>
    public static bool IsUriReference(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.ContainsAnyExcept(UriCharacters)) return false;
        for (int i = text.IndexOf('%'); i >= 0 && i < text.Length; i++)
        {
            if (text[i] == '%' && (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))) return false;
        }

        return true;
    }

    /// <summary>A URI-reference that begins with a scheme.</summary>
    public static bool IsAbsoluteUri(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        if (colon < 1 || colon == text.Length - 1 || !char.IsAsciiLetter(text[0]) || !IsUriReference(text)) return false;
        foreach (char c in text[..colon])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return false;
        }

        return true;
    }

    /// <summary><c>type/subtype</c>, perhaps with parameters.</summary>
    public static bool IsMediaType(ReadOnlySpan<char> text)
    {
        if (!IsText(text)) return false;
        int semicolon = text.IndexOf(';');
        ReadOnlySpan<char> bare = semicolon < 0 ? text : text[..semicolon].TrimEnd(' ');
        int slash = bare.IndexOf('/');
        return slash > 0 && slash < bare.Length - 1 && !bare[..slash].ContainsAnyExcept(TokenCharacters) && !bare[(slash + 1)..].ContainsAnyExcept(TokenCharacters);
    }

    /// <summary>Absent, or a subtype <c>json</c> or <c>…+json</c>.</summary>
    public static bool IsJson(string? mediaType)
    {
        if (mediaType is null) return true;
        ReadOnlySpan<char> bare = mediaType.AsSpan();
        int semicolon = bare.IndexOf(';');
        if (semicolon >= 0) bare = bare[..semicolon];
        bare = bare.Trim(' ');
        ReadOnlySpan<char> subtype = bare[(bare.IndexOf('/') + 1)..];
        return subtype.Equals("json", StringComparison.OrdinalIgnoreCase) || subtype.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary><c>[a-z0-9]+</c> and none of the names that mean something else.</summary>
    public static bool IsExtensionName(ReadOnlySpan<char> name) => IsAttributeName(name) && name is not
        ("data" or "specversion" or "id" or "source" or "type" or "subject" or "time" or "datacontenttype" or "dataschema");

    /// <summary><c>[a-z0-9]+</c>.</summary>
    public static bool IsAttributeName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty) return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c)) return false;
        }

        return true;
    }
}
