using Scout.Broker.Mesh.Service;
using Scout.Broker.Mesh.Watching;
using Scout.Nats;
using Scout.Protocol.Security.Signing;

namespace Scout.Broker.Tests.Mesh.Service;

public sealed class WitnessCallerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_witness_is_asked_with_the_signature_of_the_line_where_it_has_a_login(bool secure)
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        using var folder = new TempFolder();
        await using NatsServerProcess server = await NatsServerProcess.StartAsync();
        using NKeyPair account = NKeyPair.Create(NKeyType.Account);
        using NKeyPair user = NKeyPair.Create(NKeyType.User);
        string jwt = NatsJwt.Encode(new NatsUserClaims { Subject = user.PublicKey, Name = "broker", IssuerAccount = account.PublicKey }, account, TimeProvider.System.GetUtcNow(), "id");
        string file = folder.Write("broker.creds", NatsCreds.Format(jwt, user.ExportSeed()));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url, AuthOpts = new NatsAuthOpts { CredsFile = secure ? file : null } });
        await nats.ConnectAsync();
        await using INatsSub<byte[]> node = await nats.SubscribeCoreAsync<byte[]>("scout.rpc.node.web2.probe");
        await nats.PingAsync();
        new WitnessCaller(nats, static () => Guid.Empty, TimeProvider.System).Ask(new WitnessAsk("f-123456", "web2", "z", "web1"), TestContext.Current.CancellationToken);
        NatsMsg<byte[]> asked = await node.Msgs.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        if (!secure)
        {
            Assert.True(asked.Headers is null or { Count: 0 });
            return;
        }

        RequestSignature signed = RequestProof.Look(asked.ReplyTo, asked.Headers!.EachValue(), asked.Data!.Length, out _)!;
        Assert.True(NKeys.Verify(user.PublicKey, SignedLines.Of(asked.Subject, signed.TimeMs, signed.Nonce, asked.Data), signed.Signature.Span));
    }
}
