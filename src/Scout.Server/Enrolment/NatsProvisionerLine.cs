using Scout.Protocol;
using Scout.Protocol.Security.Enrolment;
using Scout.Server.Connection;
using Scout.Server.Identity;

namespace Scout.Server.Enrolment;

/// <summary>Asks over NATS: with the token's login or that for recovery on a line of its own, which is closed after the answer; renewals on the node's line.</summary>
/// <param name="identity">For the login for recovery, and the authorities.</param>
/// <param name="configured">Brokers that the configuration names; empty: those of the token.</param>
/// <param name="own">The node's line, when it has one.</param>
/// <param name="time">All waiting goes by it.</param>
internal sealed class NatsProvisionerLine(NodeIdentity identity, IReadOnlyList<string> configured, Func<NatsConnection?> own, TimeProvider time) : IProvisionerLine
{
    private static readonly TimeSpan Connecting = TimeSpan.FromSeconds(10);

    // A revocation and its reload may come before the answer.
    private static readonly TimeSpan Answering = TimeSpan.FromSeconds(20);

    public async Task<EnrolmentReply> AskAsync(EnrolmentAsk ask, EnrolmentToken? token, CancellationToken stop)
    {
        try
        {
            if (ask.Kind == AskKind.Renew)
            {
                return own() is { } line ? await RequestAsync(line, ask, stop) : throw new ProvisionerUnreachableException("there is no line to the broker");
            }

            return token is not null
                ? await AloneAsync(NKeyPair.FromSeed(token.Seed), token.Jwt, configured.Count > 0 ? configured : token.Urls, token.Ca, ask, stop)
                : await RecoverAsync(ask, stop);
        }
        catch (NatsNoRespondersException)
        {
            throw new ProvisionerUnreachableException("the broker is there, but its provisioner is not: does 'scout broker run' run?");
        }
        catch (NatsServerException error) when (error.IsAuthError)
        {
            throw new ProvisionerUnreachableException($"the broker refuses the login: {error.Error}", refused: true);
        }
        catch (NatsException error)
        {
            throw new ProvisionerUnreachableException(error.Message, refused: error is NatsCredentialsException);
        }
    }

    private Task<EnrolmentReply> RecoverAsync(EnrolmentAsk ask, CancellationToken stop)
    {
        string jwt = identity.Credentials?.RecoverJwt ?? throw new ProvisionerUnreachableException("there is no login for recovery");
        // The key belongs to the identity; the line disposes of a copy.
        return AloneAsync(NKeyPair.FromSeed(identity.Key().ExportSeed()), jwt, configured.Count > 0 ? configured : identity.Place.Urls, identity.Place.Authorities, ask, stop);
    }

    private async Task<EnrolmentReply> AloneAsync(NKeyPair key, string jwt, IReadOnlyList<string> urls, string? authorities, EnrolmentAsk ask, CancellationToken stop)
    {
        using NKeyPair owned = key;
        using var creds = NatsCreds.Create(jwt, key);
        if (urls.Count == 0) throw new ProvisionerUnreachableException("no broker is known: name one with --broker");
        await using var line = new NatsConnection(new NatsOpts
        {
            Url = string.Join(',', urls),
            Name = "scout/enrol",
            InboxPrefix = Subjects.Inbox(key.PublicKey),
            AuthOpts = new NatsAuthOpts { Creds = creds },
            TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require, CaPem = authorities },
            ResolveServers = BrokerServers.FindAsync,
            ConnectTimeout = Connecting,
            MaxReconnectRetry = 0,
            RefusedPatience = NatsOpts.ReloadPatience,
            TimeProvider = time,
        });
        await line.ConnectAsync().AsTask().WaitAsync(stop);
        return await RequestAsync(line, ask, stop);
    }

    private static async Task<EnrolmentReply> RequestAsync(NatsConnection line, EnrolmentAsk ask, CancellationToken stop)
    {
        NatsMsg<ReadOnlyMemory<byte>> answer = await line.RequestAsync<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(
            ask.Subject, ask.Body, replyOpts: new NatsSubOpts { Timeout = Answering }, cancellationToken: stop);
        return EnrolmentReply.TryRead(answer.Data.Span, out EnrolmentReply? reply, out string? error) ? reply : throw new ProvisionerUnreachableException("the answer cannot be read: " + error);
    }
}
