namespace Scout.Machines.Definitions.Reading;

/// <summary>The patterns of names.</summary>
internal static class Names
{
    public const string Pattern = "1 to 63 letters, digits, _ and -, the first a letter or digit, such as disk_root";
    public const string LabelPattern = "1 to 63 letters, digits and _, the first a letter, such as team";

    /// <summary><c>^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$</c>.</summary>
    public static bool IsName(string text)
    {
        if (text.Length is 0 or > 63 || !char.IsAsciiLetterOrDigit(text[0])) return false;
        foreach (char letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '-')) return false;
        }

        return true;
    }

    /// <summary><c>^[a-zA-Z][a-zA-Z0-9_]{0,62}$</c>.</summary>
    public static bool IsLabel(string text) => IsName(text) && char.IsAsciiLetter(text[0]) && !text.Contains('-', StringComparison.Ordinal);

    /// <summary><c>^[A-Za-z_][A-Za-z0-9_]{0,254}$</c>.</summary>
    public static bool IsVariable(string text)
    {
        if (text.Length is 0 or > 255 || char.IsAsciiDigit(text[0])) return false;
        foreach (char letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter != '_') return false;
        }

        return true;
    }

    /// <summary>A user of the system: <c>^[A-Za-z_][A-Za-z0-9_.-]{0,31}$</c>.</summary>
    public static bool IsUser(string text)
    {
        if (text.Length is 0 or > 32 || !(char.IsAsciiLetter(text[0]) || text[0] == '_')) return false;
        foreach (char letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '-' or '.')) return false;
        }

        return true;
    }

    /// <summary>1 to 64 of <c>[0-9A-Za-z.+_-]</c>.</summary>
    public static bool IsVersion(string text)
    {
        if (text.Length is 0 or > 64) return false;
        foreach (char letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '+' or '_' or '-')) return false;
        }

        return true;
    }
}
