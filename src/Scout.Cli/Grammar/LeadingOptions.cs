namespace Scout.Cli.Grammar;

/// <summary>Lets "where to ask" stand before the command, as in <c>scout --local status</c>: the parser knows these options only behind it.</summary>
internal static class LeadingOptions
{
    private static readonly string[] Flags = ["--local"];
    private static readonly string[] Valued = ["--broker", "--socket", "--token-file", "--creds", "--ca", "--timeout", "--output", "-o"];

    /// <summary>Moves them behind everything else, but before <c>--</c>. Words that begin otherwise come back as they are.</summary>
    public static IReadOnlyList<string> Move(IReadOnlyList<string> args)
    {
        int leading = 0;
        while (leading < args.Count && Length(args[leading]) is > 0 and int words) leading += words;
        // Without a command behind them there is nothing to move them to.
        if (leading == 0 || leading >= args.Count || args[leading] == "--") return args;

        string[] rest = [.. args.Skip(leading)];
        string[] command = [.. rest.TakeWhile(word => word != "--")];
        return [.. command, .. args.Take(leading), .. rest.Skip(command.Length)];
    }

    private static int Length(string word)
    {
        if (Flags.Contains(word)) return 1;
        if (Valued.Contains(word)) return 2;
        return Valued.Any(option => word.StartsWith(option + "=", StringComparison.Ordinal)) ? 1 : 0;
    }
}
