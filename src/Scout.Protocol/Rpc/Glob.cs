namespace Scout.Protocol.Rpc;

/// <summary>Patterns over names: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!a-z]</c>. Linear in the length of the name times that of the pattern, whatever the pattern.</summary>
public static class Glob
{
    private static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create("*?[");

    /// <summary>True when it is more than an exact name.</summary>
    public static bool IsPattern(ReadOnlySpan<char> text) => text.ContainsAny(Special);

    /// <summary>Only characters that names and patterns have, and every <c>[</c> closed.</summary>
    public static bool IsValid(ReadOnlySpan<char> pattern)
    {
        if (pattern.Length is 0 or > RpcLimits.MaxPattern) return false;
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '[')
            {
                int end = Close(pattern, i);
                if (end < 0) return false;
                i = end;
            }
            else if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '*' or '?'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Matches the whole name; a pattern that is not valid matches nothing.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0;
        int n = 0;
        int star = -1;
        int mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = n;
            }
            else if (p < pattern.Length && One(pattern, p, name[n], out int next))
            {
                p = next;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    private static bool One(ReadOnlySpan<char> pattern, int at, char c, out int next)
    {
        next = at + 1;
        if (pattern[at] == '?') return true;
        if (pattern[at] != '[') return pattern[at] == c;
        int end = Close(pattern, at);
        if (end < 0) return false;
        next = end + 1;
        ReadOnlySpan<char> set = pattern[(at + 1)..end];
        bool negated = set[0] is '!' or '^';
        if (negated) set = set[1..];
        bool found = false;
        for (int i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                found |= c >= set[i] && c <= set[i + 2];
                i += 2;
            }
            else
            {
                found |= set[i] == c;
            }
        }

        return found != negated;
    }

    /// <summary>Where the set that opens at <paramref name="open"/> closes, or -1. It holds at least one name character.</summary>
    private static int Close(ReadOnlySpan<char> pattern, int open)
    {
        int first = open + 1;
        if (first < pattern.Length && pattern[first] is ('!' or '^')) first++;
        for (int i = first; i < pattern.Length; i++)
        {
            if (pattern[i] == ']') return i > first ? i : -1;
            if (!char.IsAsciiLetterOrDigit(pattern[i]) && pattern[i] is not ('_' or '-')) return -1;
        }

        return -1;
    }
}
