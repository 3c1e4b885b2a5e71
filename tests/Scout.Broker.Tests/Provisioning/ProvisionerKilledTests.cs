using System.Collections.Concurrent;
using Scout.Broker.Tests.Secure;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Enrolment;
using Scout.Testing.Processes;

namespace Scout.Broker.Tests.Provisioning;

/// <summary><c>kill -9</c> of a real broker after each write of an enrolment (security.md 15, row 29). Every step between the writes is in ProvisionerTests.</summary>
[Trait("attack", "29")]
public sealed class ProvisionerKilledTests
{
    private const int Kills = 3;

    // Where an enrolment has fewer writes, it is killed after its end.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task The_node_ends_enrolled_and_no_name_ever_has_two_keys_and_startups_that_were_missed_count()
    {
        var bench = new SecureBench();
        ChildProcess? process = null;
        var broker = new ProvisioningServiceTests.Broker();
        try
        {
            await bench.InitAsync();
            process = await StartAsync(bench);
            await broker.LogInAsync(bench);
            var tokens = new List<EnrolmentToken>();
            for (int kill = 0; kill < Kills; kill++)
            {
                // Every second name is taken, and its token replaces.
                string name = $"web-{kill}";
                using NKeyPair before = NKeyPair.Create(NKeyType.User);
                bool replace = kill % 2 == 1;
                EnrolmentReply? old = replace ? await broker.EnrollAsync(await broker.TokenAsync(name), name, before) : null;
                EnrolmentToken token = await broker.TokenAsync(name, replace: replace);
                tokens.Add(token);
                await using var one = await Asker.OfAsync(broker, token, name);
                await using var two = await Asker.OfAsync(broker, token, name);

                // Killed when the bucket has taken the first, the second, the third write of an enrolment: bound, written down, answered.
                using NatsCreds own = NatsCreds.Read(Path.Combine(bench.Files.Root, "creds", "provisioner-enrol.creds"));
                await using NatsConnection watcher = await broker.LineAsync(own);
                long writes = await WritesAsync(watcher);
                using var cut = new CancellationTokenSource();
                Task asking = Task.WhenAll(one.AskAsync(cut.Token), two.AskAsync(cut.Token));
                long begin = TimeProvider.System.GetTimestamp();
                while (await WritesAsync(watcher) < writes + kill + 1 && TimeProvider.System.GetElapsedTime(begin) < Longest) await Task.Yield();
                await process.KillAsync();
                await cut.CancelAsync();
                await asking;
                await process.DisposeAsync();
                process = await StartAsync(bench);

                // Whoever got no answer asks again, with the same key.
                await Task.WhenAll(one.SettledAsync(() => process.Output), two.SettledAsync(() => process.Output));
                Asker winner = Assert.Single([one, two], asker => asker.Issued.Any());
                AdminReply rows = await AdminAsync(broker, AdminAction.Enrolments);
                Assert.Equal(winner.Key.PublicKey, Assert.Single(rows.Enrolments!.Value, row => row.Node == name && row.State == "enrolled").Key);

                // It comes, and nobody hears its startup: the next provisioner finds what it wrote.
                await using NatsConnection node = await broker.NodeAsync(winner.Issued.Last(), winner.Key, name);
                var entry = new RosterEntry { Node = name, Key = winner.Key.PublicKey, Version = "0.1.0", Os = "linux", Arch = "x64", Machines = 0, Started = DateTimeOffset.UnixEpoch.AddYears(56), AliveS = 300 };
                await new NatsKVContext(new NatsJSContext(node)).GetStoreHandle(Subjects.RosterBucket).PutAsync(name, (ReadOnlyMemory<byte>)entry.ToBytes());
                if (old is not null) await Assert.ThrowsAnyAsync<NatsException>(() => broker.NodeAsync(old, before, name));
            }

            Assert.All((await AdminAsync(broker, AdminAction.Tokens)).Tokens!.Value, row => Assert.True(row.Used <= 1, row.ToString()));
            await Until.TrueAsync("the tokens of nodes that came before the last kill are spent", async () =>
            {
                TokenRow[] rows = [.. (await AdminAsync(broker, AdminAction.Tokens)).Tokens!.Value];
                return tokens.SkipLast(1).All(token => rows.Single(row => row.Key == KeyOf(token)).State == "used");
            }, TimeSpan.FromSeconds(20), () => process.Output);
        }
        finally
        {
            if (process is not null)
            {
                await process.StopAsync();
                await process.DisposeAsync();
            }

            // With the bench in it, once it has logged in.
            if (broker.Admin is not null) await broker.DisposeAsync();
            else await bench.DisposeAsync();
        }
    }

    private static async Task<ChildProcess> StartAsync(SecureBench bench)
    {
        ChildProcess started = ChildProcess.Start(Bench.HostPath, [bench.Files.Root, "secure"]);
        await started.PrintedAsync("5087 ", TimeSpan.FromSeconds(60));
        return started;
    }

    private static async Task<long> WritesAsync(NatsConnection line)
    {
        NatsMsg<byte[]> answer = await line.RequestAsync<byte[], byte[]>("$JS.API.STREAM.INFO.KV_SCOUT_TOKENS", []);
        return (long)System.Text.Json.Nodes.JsonNode.Parse(answer.Data!)!["state"]!["last_seq"]!;
    }

    private static string KeyOf(EnrolmentToken token)
    {
        using NKeyPair own = NKeyPair.FromSeed(token.Seed);
        return own.PublicKey;
    }

    // Until somebody listens there again.
    private static async Task<AdminReply> AdminAsync(ProvisioningServiceTests.Broker broker, AdminAction action)
    {
        byte[] body = new AdminRequest { Id = "r" }.ToBytes();
        string subject = EnrolmentSubjects.Admin(action);
        AdminReply? reply = null;
        await Until.TrueAsync("an answer to an admin", async () =>
        {
            try
            {
                reply = await broker.AdminAsync(subject, body, broker.AdminHeaders(subject, body), 2);
            }
            catch (NatsException)
            {
                // Not there yet.
            }

            return reply is not null;
        });
        return reply!;
    }

    /// <summary>One key with a token, on a line of its own.</summary>
    private sealed class Asker(NatsConnection line, string subject, string tokenKey, string node) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<EnrolmentReply> replies = [];

        public NKeyPair Key { get; } = NKeyPair.Create(NKeyType.User);

        public IEnumerable<EnrolmentReply> Issued => replies.Where(reply => reply.Status == EnrolmentStatus.Issued);

        public static async Task<Asker> OfAsync(ProvisioningServiceTests.Broker broker, EnrolmentToken token, string node)
        {
            NKeyPair own = NKeyPair.FromSeed(token.Seed);
            return new Asker(await broker.LineAsync(NatsCreds.Create(token.Jwt, own)), Subjects.Enroll(own.PublicKey), own.PublicKey, node);
        }

        /// <summary>Asks once; no answer is one, too.</summary>
        public async Task AskAsync(CancellationToken cut)
        {
            EnrolmentRequest request = ProvisioningServiceTests.Broker.Signed(node, Key, (now, nonce) => EnrolmentProof.Enroll(tokenKey, node, now, nonce));
            try
            {
                NatsMsg<byte[]> answer = await line.RequestAsync<byte[], byte[]>(subject, request.ToBytes(), replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(2) }, cancellationToken: cut);
                Assert.True(EnrolmentReply.TryRead(answer.Data, out EnrolmentReply? reply, out string? error), error);
                replies.Enqueue(reply);
            }
            catch (Exception gone) when (gone is NatsException or OperationCanceledException)
            {
                // The broker was killed, or is not back yet.
            }
        }

        /// <summary>Asks until the answer is one that stays.</summary>
        public Task SettledAsync(Func<string> seen)
        {
            int before = replies.Count;
            return Until.TrueAsync("an answer that stays", async () =>
            {
                await AskAsync(TestContext.Current.CancellationToken);
                return replies.Count > before && replies.Last() is { Status: EnrolmentStatus.Issued } or { Code: EnrolmentCode.TokenUsed or EnrolmentCode.NameTaken };
            }, TimeSpan.FromSeconds(60), () => $"{string.Join('\n', replies)}\n{seen()}");
        }

        public async ValueTask DisposeAsync()
        {
            await line.DisposeAsync();
            Key.Dispose();
        }
    }
}
