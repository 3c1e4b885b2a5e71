using System.Collections.Concurrent;
using System.Security.Cryptography;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Signing;

namespace Scout.Broker.Mesh.Service;

/// <summary>Asks witnesses by RPC <c>probe</c>, signed with the login of the line where it has one; who does not answer is no witness.</summary>
internal sealed class WitnessCaller(NatsConnection nats, Func<Guid> newId, TimeProvider time)
{
    private const int AtOnce = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentQueue<(string Fault, MeshWitness Witness)> answers = new();
    private int asking;

    /// <summary>Asks that found no room.</summary>
    public long Left { get; private set; }

    public void Ask(WitnessAsk ask, CancellationToken stop)
    {
        if (Volatile.Read(ref asking) >= AtOnce)
        {
            Left++;
            return;
        }

        Interlocked.Increment(ref asking);
        _ = AskAsync(ask, stop);
    }

    public void Drain(FleetWatch watch)
    {
        while (answers.TryDequeue(out (string Fault, MeshWitness Witness) answer)) watch.Witness(answer.Fault, answer.Witness);
    }

    private async Task AskAsync(WitnessAsk ask, CancellationToken stop)
    {
        try
        {
            var request = new RpcRequest { Id = newId().ToString(), TtlMs = (int)Patience.TotalMilliseconds, Args = new ProbeArgs(ask.Target, ProbeArgs.MaxPackets) };
            string subject = Subjects.RpcNode(ask.Witness, RpcAction.Probe);
            byte[] body = RpcRequestWriter.ToBytes(request);
            string inbox = Subjects.Answer(nats.Opts.InboxPrefix, ask.Witness, SignedLines.Nonce(RandomNumberGenerator.GetBytes(SigningLimits.NonceBytes)), 0);
            await using INatsSub<byte[]> replies = await nats.SubscribeCoreAsync<byte[]>(inbox, opts: new NatsSubOpts { Timeout = Patience, MaxMsgs = 1 }, cancellationToken: stop);
            await nats.PublishAsync(subject, body, Headers(subject, body), replyTo: inbox, cancellationToken: stop);
            if (!await replies.Msgs.WaitToReadAsync(stop) || !replies.Msgs.TryRead(out NatsMsg<byte[]> answer)) return;
            if (!RpcReplyReader.TryRead(answer.Data ?? [], out RpcReply? reply, out _) || reply.Node != ask.Witness || reply.Results is not [MeshProbeResult result, ..]) return;
            int sent = Math.Clamp(result.Sent, 0, ProbeArgs.MaxPackets);
            answers.Enqueue((ask.Fault, new MeshWitness(ask.Witness, ask.Zone.Length == 0 ? "-" : ask.Zone, sent, Math.Clamp(result.Ok, 0, sent))));
        }
        catch (Exception failure) when (failure is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            // It cannot be asked: then it does not object.
        }
        finally
        {
            Interlocked.Decrement(ref asking);
        }
    }

    // The file is read anew as the line does at each login: the broker renews it. Witnesses are asked seldom enough for that.
    private NatsHeaders? Headers(string subject, byte[] body)
    {
        if (nats.Opts.AuthOpts.CredsFile is not { } file) return null;
        using NatsCreds creds = NatsCreds.Read(file);
        var signer = new RequestSigner(creds.Jwt, lines => creds.Key.Sign(lines), RandomNumberGenerator.Fill, time);
        NatsHeaders headers = [];
        foreach ((string name, string value) in signer.Headers(subject, body)) headers.Add(name, value);
        return headers;
    }
}
