using System.Security.Cryptography;
using System.Text;

namespace Scout.Protocol;

/// <summary>
/// Names that become tokens of a subject. A name with a wildcard in it once subscribed its holder to everybody (security.md 6, trap 1), so they are checked
/// wherever one is read and wherever a subject is built.
/// </summary>
public static class Names
{
    /// <summary>Longest node, group or machine name, in characters.</summary>
    public const int MaxLength = 63;

    /// <summary>Token that stands for the node itself where a machine stands otherwise.</summary>
    public const string NodeItself = "_node";

    /// <summary><c>^[a-z0-9][a-z0-9_-]{0,62}$</c>.</summary>
    public static bool IsNode(ReadOnlySpan<char> name) => Is(name, upperCase: false);

    /// <summary><c>^[a-z0-9][a-z0-9_-]{0,62}$</c>.</summary>
    public static bool IsGroup(ReadOnlySpan<char> name) => Is(name, upperCase: false);

    /// <summary><c>^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$</c>; also states, transitions and watchers.</summary>
    public static bool IsMachine(ReadOnlySpan<char> name) => Is(name, upperCase: true);

    /// <summary><c>^[a-z0-9][a-z0-9._@-]{0,62}$</c>: names of people, which never become part of a subject.</summary>
    public static bool IsPerson(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength || !(char.IsAsciiLetterLower(name[0]) || char.IsAsciiDigit(name[0]))) return false;
        foreach (char c in name)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '@' or '-')) return false;
        }

        return true;
    }

    /// <summary>Has the shape of the public key of a user: <c>U</c> and 55 characters of base32. Its checksum is not looked at.</summary>
    public static bool IsKey(ReadOnlySpan<char> key)
    {
        if (key.Length != 56 || key[0] != 'U') return false;
        foreach (char c in key)
        {
            if (!(char.IsAsciiLetterUpper(c) || c is >= '2' and <= '7')) return false;
        }

        return true;
    }

    /// <summary>
    /// A host name as a node name: lower case, dots as <c>_</c>; of more than 63 characters the first 54, <c>-</c>, and 8 hexadecimal digits of the SHA-256 of all of them
    /// (kubernetes.md 2). The result is not checked: a host name may hold what no node name may.
    /// </summary>
    public static string Fold(string hostName)
    {
        string folded = hostName.ToLowerInvariant().Replace('.', '_');
        if (folded.Length <= MaxLength) return folded;
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(folded));
        return $"{folded.AsSpan(0, MaxLength - 9)}-{Convert.ToHexStringLower(hash.AsSpan(0, 4))}";
    }

    /// <summary>Key of a label: <c>^[a-zA-Z][a-zA-Z0-9_]{0,62}$</c>.</summary>
    public static bool IsLabelKey(ReadOnlySpan<char> key)
    {
        if (key.Length is 0 or > MaxLength || !char.IsAsciiLetter(key[0])) return false;
        foreach (char c in key[1..])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_') return false;
        }

        return true;
    }

    private static bool Is(ReadOnlySpan<char> name, bool upperCase)
    {
        if (name.Length is 0 or > MaxLength || name[0] is '_' or '-') return false;
        foreach (char c in name)
        {
            bool good = char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' || (upperCase && char.IsAsciiLetterUpper(c));
            if (!good) return false;
        }

        return true;
    }
}
