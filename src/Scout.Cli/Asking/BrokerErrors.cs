using Scout.Cli.Errors;
using Scout.Nats;

namespace Scout.Cli.Asking;

/// <summary>What goes wrong between us and the broker, in words that say what to do next.</summary>
internal static class BrokerErrors
{
    /// <summary>Runs something that talks to the broker.</summary>
    /// <exception cref="CliException">In place of what the client throws.</exception>
    public static async Task<T> GuardAsync<T>(string url, Func<Task<T>> talk)
    {
        try
        {
            return await talk();
        }
        catch (NatsException failure)
        {
            throw Talk(url, failure);
        }
    }

    public static CliException Connect(string url, Exception failure, Login login) => failure switch
    {
        NatsServerException { IsAuthError: true } refused when login.Creds is { } creds => CliException.NoConnection(
            $"{url}: the broker refuses the credentials of {Shown(creds)}: {refused.Error}", "they may have been revoked, have expired, or be of another fleet: ask who runs the broker for new ones"),
        NatsServerException { IsAuthError: true } refused => CliException.NoConnection($"{url}: the broker refuses us: {refused.Error}", "it wants credentials: --creds FILE, or SCOUT_CREDS; the broker of 'scout broker run --dev' wants none"),
        NatsCredentialsException refused => CliException.NoConnection($"{url}: {refused.Message}", "'scout creds show FILE' tells what is in a creds file"),
        ArgumentException or FormatException => CliException.Usage($"'{url}' is not the address of a broker: {failure.Message}", "write nats://127.0.0.1:4222, or tls://broker.example.org:4222"),
        // Who speaks TLS is no broker in dev mode, however near it is.
        NatsConnectionFailedException when login.Creds is null && failure.Message.StartsWith("TLS with ", StringComparison.Ordinal) => CliException.NoConnection(
            $"{url}: a secure broker answers there, and no credentials were given", "give --creds FILE, or set SCOUT_CREDS: 'scout creds new' makes them where the broker's keys are, and they name its address"),
        _ => CliException.NoConnection($"no broker at {url}: {failure.Message}", login.Creds is null
            ? "is it running? start one with: scout broker run --dev --data DIR; a node can be asked without it: --local"
            : "is it running, and is its certificate from the authority in your creds file (or --ca)? a node can be asked without it: --local"),
    };

    private static string Shown(NatsCreds creds) => $"'{Rendering.Escape.Line(creds.Claims.Name)}'{(creds.Claims.Expires is { } end ? $", valid until {end:yyyy-MM-dd HH:mm}Z" : "")}";

    private static CliException Talk(string url, NatsException failure) => failure switch
    {
        NatsServerException refused => CliException.NoConnection($"{url}: not allowed: {refused.Error}", "the role of your credentials may not do this; 'scout creds show FILE' tells the role, 'scout broker roles' what each may"),
        NatsNoReplyException => CliException.NoConnection($"{url}: no answer in time", "the broker did not answer: not allowed, or busy; 'scout broker check' tells more"),
        NatsNoRespondersException => CliException.NoConnection($"{url}: nothing there answers for '{Subject(failure)}': is JetStream on, and are the streams there?", "scout broker check tells"),
        NatsJSApiNoResponseException => CliException.NoConnection($"{url}: {failure.Message}", "is this a broker of Scout, with JetStream and its streams? 'scout broker run --dev' makes them, 'scout broker check' tells"),
        NatsConnectionFailedException => CliException.NoConnection($"{url}: the connection was lost: {failure.Message}", "try again; a node can be asked without the broker: --local"),
        _ => CliException.NoConnection($"{url}: {failure.Message}", "scout broker check tells more"),
    };

    private static string Subject(NatsException failure) => failure is NatsNoRespondersException none ? none.Subject : "";
}
