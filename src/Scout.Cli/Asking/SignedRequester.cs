using Scout.Nats;

namespace Scout.Cli.Asking;

/// <summary>Signed requests to a service of the broker (<c>scout.admin.*</c>), proved there as nodes prove RPC.</summary>
internal sealed class SignedRequester(NatsConnection nats, Login login, string where)
{
    /// <summary>The broker, for messages.</summary>
    public string Where => where;

    /// <summary>Asks once; the answer's bytes.</summary>
    /// <param name="subject">As it is published.</param>
    /// <param name="body">A document.</param>
    /// <param name="wait">How long the answer may take.</param>
    /// <param name="stop">Ctrl-C.</param>
    /// <exception cref="Errors.CliException">Not allowed, nobody there, or no answer in time: exit code 3.</exception>
    public Task<byte[]> AskAsync(string subject, byte[] body, TimeSpan wait, CancellationToken stop) => BrokerErrors.GuardAsync(where, async () =>
    {
        NatsMsg<byte[]> answer = await nats.RequestAsync<byte[], byte[]>(subject, body, login.Headers(subject, body), replyOpts: new NatsSubOpts { Timeout = wait }, cancellationToken: stop);
        return answer.Data ?? [];
    });
}
