using System.Text;

namespace Scout.Checks.Commands;

/// <summary>
/// Splits a command text into words without any shell (plugins.md section 1). Total and linear: every text gives words or an error.
/// </summary>
public static class CommandLine
{
    /// <summary>Most words of a command, before and after templates are expanded.</summary>
    public const int MaxWords = 256;

    /// <summary>Most bytes (UTF-8) of all words together; the kernel refuses a single word of 128 KiB with E2BIG.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Splits a command. A template <c>{{ ... }}</c> stays as it is inside its word.</summary>
    /// <param name="text">The command as written.</param>
    /// <param name="words">At least one word when it succeeds, else empty.</param>
    /// <param name="error">What is wrong and where, when it fails.</param>
    public static bool TrySplit(string? text, out IReadOnlyList<string> words, out CommandError error)
    {
        var splitter = new CommandSplitter(text ?? "");
        words = [];
        if (!splitter.Run(out error)) return false;
        if (!TryValidate(splitter.Words, out error)) return false;
        words = splitter.Words;
        return true;
    }

    /// <summary>The bounds every command must keep: as a YAML list, split from a text, and again after its templates are expanded.</summary>
    public static bool TryValidate(IReadOnlyList<string> words, out CommandError error)
    {
        error = default;
        if (words.Count == 0 || words[0].Length == 0)
        {
            error = new CommandError(1, "the command has no words", "name a program, with a path or a bare name that is searched in plugin_path");
            return false;
        }

        if (words.Count > MaxWords)
        {
            error = new CommandError(0, $"the command has {words.Count} words, {MaxWords} are allowed", "put the work into a script and run that");
            return false;
        }

        long bytes = 0;
        for (int index = 0; index < words.Count; index++)
        {
            string word = words[index];
            if (word.Contains('\0'))
            {
                error = new CommandError(0, $"word {index + 1} contains a NUL character", "no program can be given one; take it out");
                return false;
            }

            bytes += word.Length <= MaxBytes ? Encoding.UTF8.GetByteCount(word) : word.Length;
            if (bytes <= MaxBytes) continue;
            error = new CommandError(0, $"the command is longer than {MaxBytes} bytes at word {index + 1}", "hand over a file instead of its content");
            return false;
        }

        return true;
    }

    /// <summary>
    /// The unquoted words that a shell would have treated as syntax and that reach the plugin as characters, in order: for the lint finding
    /// <c>shell_syntax</c>. Empty for a text that cannot be split.
    /// </summary>
    public static IReadOnlyList<string> ShellOperators(string? text)
    {
        var splitter = new CommandSplitter(text ?? "");
        if (!splitter.Run(out _)) return [];
        List<string>? found = null;
        for (int index = 0; index < splitter.Words.Count; index++)
        {
            if (splitter.IsBare(index) && LooksLikeShell(splitter.Words[index])) (found ??= []).Add(splitter.Words[index]);
        }

        return found ?? (IReadOnlyList<string>)[];
    }

    private static bool LooksLikeShell(string word)
    {
        if (word.Length == 0) return false;
        ReadOnlySpan<char> span = word;
        if (span.IndexOfAnyExcept("|&;<>") < 0) return true;
        if (span[^1] is ';' || span[0] is '|' or ';' || span.StartsWith("&>") || span.StartsWith("&&")) return true;
        if (span.StartsWith("$(") || span[0] is '`') return true;
        ReadOnlySpan<char> rest = span.TrimStart("0123456789");
        return rest.Length > 0 && rest[0] is '>' or '<';
    }
}
