using System.Runtime.CompilerServices;
using Scout.Broker;
using Scout.Broker.Attached;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Hosts;

/// <summary>The way to a broker whose nats-server is not ours to start; not inlined, as <see cref="BrokerHost"/>.</summary>
internal static class AttachedHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> ConfigAsync(CommandContext context, AttachedOptions options)
    {
        (IReadOnlyList<string>? done, BrokerExit? error) = await AttachedConfig.WriteAsync(options, context.Io.Time, context.Stop);
        if (done is null) throw new CliException(error!.Code, error.Message, error.Hint);
        foreach (string line in done) context.Io.Out.WriteLine(Rendering.Escape.Line(line));
        return ExitCode.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> ExternalAsync(CommandContext context, Broker.External.ExternalOptions options)
    {
        (IReadOnlyList<string>? done, BrokerExit? error) = await Broker.External.ExternalSetup.MakeAsync(options, context.Io.Time, context.Stop);
        if (done is null) throw new CliException(error!.Code, error.Message, error.Hint);
        foreach (string line in done) context.Io.Out.WriteLine(Rendering.Escape.Line(line));
        return ExitCode.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> SecretAsync(CommandContext context, SecretOptions options)
    {
        (string? yaml, BrokerExit? error) = await SecretSheet.RenderAsync(options, context.Io.Time, context.Stop);
        if (yaml is null) throw new CliException(error!.Code, error.Message, error.Hint);
        if (context.Io.OutIsTerminal) context.Say("warning: these are the keys of the fleet, and this is a terminal: they stay in its memory. Next time pipe them: '| kubectl apply -f -'");
        context.Io.Out.Write(yaml);
        return ExitCode.Done;
    }
}
