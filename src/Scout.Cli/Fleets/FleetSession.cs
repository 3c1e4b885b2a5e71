using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;

namespace Scout.Cli.Fleets;

/// <summary>Opens the way to the nodes for one command.</summary>
internal sealed class FleetSession
{
    private readonly WhereToAsk where = new();

    public void AddTo(Command command) => where.AddTo(command);

    /// <summary>Runs a command's body with an open asker, and closes it whatever happens.</summary>
    /// <exception cref="Errors.CliException">Nobody can be asked.</exception>
    public async Task<int> RunAsync(CommandContext context, Func<FleetView, Task<int>> body)
    {
        TimeSpan timeout = where.Timeout(context);
        Endpoint endpoint = where.Resolve(context);
        if (endpoint.Said) context.Io.Error.WriteLine($"asking {Escape.Line(endpoint.Socket!)}");
        await using INodeAsker asker = endpoint.Broker is { } url
            ? await FleetClient.ConnectAsync(url, where.Login(context, endpoint, Caller(context)), context.Io.Time, timeout, context.Stop)
            : await SocketClient.ConnectAsync(endpoint.Socket!, context.Io.Time, timeout, context.Stop);
        return await body(new FleetView(asker, context, timeout));
    }

    /// <summary>Asks a service of the broker, which wants a signature.</summary>
    /// <exception cref="Errors.CliException">No broker, or no credentials.</exception>
    public async Task<int> RunSignedAsync(CommandContext context, Func<SignedRequester, TimeSpan, Task<int>> body)
    {
        TimeSpan timeout = where.Timeout(context);
        Endpoint endpoint = where.Resolve(context);
        if (endpoint.Broker is not { } url) throw Errors.CliException.Usage("this asks the broker, not a node", "give --broker URL and --creds FILE of an admin");
        await using FleetClient client = await FleetClient.ConnectAsync(url, where.Login(context, endpoint, Caller(context)), context.Io.Time, timeout, context.Stop);
        return await body(client.Signed, timeout);
    }

    // In dev mode the caller says who he is; behind sudo the person is meant.
    private static string Caller(CommandContext context) => context.Io.Variable("SUDO_USER") ?? Environment.UserName;
}
