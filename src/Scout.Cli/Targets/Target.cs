using Scout.Cli.Errors;

namespace Scout.Cli.Targets;

/// <summary><c>NODE[/MACHINE]</c>, each a name or a glob (<c>* ? [a-z]</c>).</summary>
/// <param name="Node">Name or glob of nodes.</param>
/// <param name="Machine">Name or glob of machines; null stands for all machines of the node.</param>
internal sealed record Target(Glob Node, Glob? Machine)
{
    /// <summary>Reads one word of the command line.</summary>
    /// <exception cref="CliException">It is no target; the message says why.</exception>
    public static Target Parse(string text)
    {
        string hint = "a target is NODE or NODE/MACHINE, each a name or a glob such as 'web*/disk_*'";
        string[] parts = text.Split('/');
        if (parts.Length > 2) throw CliException.Usage($"target '{text}' has more than one '/'", hint);
        Glob node = Part(text, parts[0], "node", hint);
        if (parts.Length == 1) return new Target(node, null);
        return new Target(node, Part(text, parts[1], "machine", hint));
    }

    /// <summary>True when it names one machine of one node, without globs.</summary>
    public bool IsOneMachine => Node.IsLiteral && Machine is { IsLiteral: true };

    public override string ToString() => Machine is null ? Node.Text : $"{Node.Text}/{Machine.Text}";

    private static Glob Part(string text, string part, string what, string hint)
    {
        if (part.Length == 0) throw CliException.Usage($"target '{text}' names no {what}", hint);
        if (part.Contains('.', StringComparison.Ordinal) && what == "node")
        {
            throw CliException.Usage($"target '{text}': node names have no dots", $"dots of a host name become '_': {part.Replace('.', '_')}");
        }

        if (Glob.Problem(part) is { } problem) throw CliException.Usage($"target '{text}': {problem}", hint);
        return new Glob(part);
    }
}
