using System.Runtime.CompilerServices;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Server.Configuration;
using Scout.Server.Security.Policy;

namespace Scout.Cli.Hosts;

/// <summary>The way to the policies of the server's room; its methods are not inlined, as in <see cref="ServerHost"/>.</summary>
internal static class PolicyHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Check(CommandContext context, string? path)
    {
        PolicyTrial policy = PolicyTrial.Read(path);
        if (!Tell(context, policy)) return ExitCode.Usage;
        context.Io.Out.WriteLine($"{Escape.Line(policy.Origin)}: {policy.Rules} rules, good");
        return ExitCode.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Test(CommandContext context, string? path, PolicyCase question)
    {
        PolicyTrial policy = PolicyTrial.Read(path);
        if (!Tell(context, policy)) return ExitCode.Usage;
        string? why = policy.Refuses(question);
        context.Io.Out.WriteLine(Escape.Line(why is null ? $"allowed by {policy.Origin}" : $"denied: {why}"));
        return why is null ? ExitCode.Done : ExitCode.TargetFailed;
    }

    private static bool Tell(CommandContext context, PolicyTrial policy)
    {
        foreach (SettingFinding finding in policy.Findings)
        {
            foreach (string line in Escape.Lines(finding.ToString())) context.Io.Error.WriteLine(line);
        }

        return policy.Findings.Count == 0;
    }
}
