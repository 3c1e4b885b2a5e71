using System.Runtime.CompilerServices;
using Scout.Broker;
using Scout.Broker.Credentials;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Hosts;

/// <summary>The way into the broker's room for <c>scout creds</c>. Its methods are not inlined, so that the commands that only ask never load a web server.</summary>
internal static class CredentialHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static CredsFile Issue(CommandContext context, CredsOptions options) => Take(CredentialDesk.Issue(options, context.Io.Time));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string MakeKey(string file) => Take(CredentialDesk.MakeKey(file));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static CredsFile Join(string signed, string seed, string file) => Take(CredentialDesk.Join(signed, seed, file));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static CredsFile Show(string file) => Take(CredentialDesk.Show(file));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Scout.Protocol.Security.Trust.TrustDocument Trust(CommandContext context, ExternalTrustOptions options) => Take(ExternalTrust.Issue(options, context.Io.Time));

    private static T Take<T>((T? Value, BrokerExit? Error) outcome)
        where T : class => outcome.Value ?? throw new CliException(outcome.Error!.Code, outcome.Error.Message, outcome.Error.Hint);
}
