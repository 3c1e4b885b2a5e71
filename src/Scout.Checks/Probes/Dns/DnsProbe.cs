using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Dns;

/// <summary>Asks a DNS server one question with packets of its own (mesh.md section 1), past the resolver of the system and its caches.</summary>
public sealed record DnsProbe : HostProbeOptions
{
    private const int LargestMessage = 65_535;

    public override string Kind => "dns";

    /// <summary>What is asked for, absolute, without a final dot.</summary>
    public required string Name { get; init; }

    public DnsType Type { get; init; } = DnsType.A;

    public DnsServers Servers { get; init; } = DnsServers.System;

    /// <summary>TCP from the start; else only for an answer that does not fit UDP.</summary>
    public bool OverTcp { get; init; }

    public DnsExpectations Wanted { get; init; } = new();

    /// <summary>Where the system keeps its servers.</summary>
    public string ResolverFile { get; init; } = "/etc/resolv.conf";

    protected override ReadOnlySpan<ProbePhase> PrintedPhases => [];

    protected override bool EachPlace => Servers.Each;

    protected override string Shown => $"{(Name.Length == 0 ? "." : Name)} {DnsWords.Name(Type)}";

    protected override ValueTask<(IReadOnlyList<IPEndPoint> Places, ProbeEnding Failed)> FindAsync(ProbeAttempt attempt, CancellationToken deadline, CancellationToken cancel)
    {
        attempt.PhaseName = "server";
        ProbeEnding failed = default;
        IReadOnlyList<IPEndPoint> servers = Servers.FromSystem ? DnsServers.OfSystem(ResolverFile, out failed) : Servers.Listed;
        return new((servers, failed));
    }

    protected override async ValueTask<ProbeEnding> AttemptAsync(ProbeAttempt attempt, CancellationToken deadline)
    {
        attempt.PhaseName = "query";
        attempt.Fact("server", attempt.Place!.ToString());
        byte[] query = new byte[DnsMessage.LargestQuery];
        attempt.Context.Random.Fill(query.AsSpan(0, 2));
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(query);
        int size = DnsMessage.WriteQuery(query, id, Name, Type, Wanted.Authenticated == true);
        byte[] room = ArrayPool<byte>.Shared.Rent(LargestMessage);
        long asked = attempt.Context.Time.GetTimestamp();
        try
        {
            (DnsReply? reply, ProbeEnding failed) = OverTcp ? default : await OverUdpAsync(attempt, query.AsMemory(0, size), id, room, deadline);
            if (failed.Text is not null) return failed;
            if (OverTcp || reply!.IsTruncated)
            {
                attempt.PhaseName = "query over TCP";
                attempt.Fact("transport", "tcp");
                (reply, failed) = await OverTcpAsync(attempt, query.AsMemory(0, size), id, room, deadline);
                if (reply is null) return failed;
            }
            else
            {
                attempt.Fact("transport", "udp");
            }

            attempt.Time = attempt.Context.Time.GetElapsedTime(asked);
            return Judge(attempt, reply);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new ProbeEnding(ProbeReason.DnsTimeout, $"{Shown}: {attempt.Place} did not answer within {Spell(Timeout)} ({attempt.PhaseName}){Strange(attempt)}") { Outcome = "timeout" };
        }
        catch (SocketException error)
        {
            ProbeEnding ending = SocketFailure.Of(error);
            return ending with { Text = $"{attempt.Place}: {ending.Text}", Outcome = "" };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    private async ValueTask<(DnsReply? Reply, ProbeEnding Failed)> OverUdpAsync(ProbeAttempt attempt, ReadOnlyMemory<byte> query, ushort id, byte[] room, CancellationToken deadline)
    {
        // Connected: the system lets in what comes from this server and port alone.
        using Socket socket = Target.Open(attempt.Address!, SocketType.Dgram, ProtocolType.Udp);
        Packets.PacketSocketOptions.WantErrors(socket);
        await socket.ConnectAsync(attempt.Place!, deadline);
        await socket.SendAsync(query, SocketFlags.None, deadline);
        for (int strange = 1; ; strange++)
        {
            int size = await socket.ReceiveAsync(room, SocketFlags.None, deadline);
            switch (DnsMessage.TryRead(room.AsSpan(0, size), id, Name, Type, out DnsReply? reply))
            {
                case DnsMatch.Good:
                    return (reply, default);
                case DnsMatch.Malformed:
                    return (null, NoAnswer(attempt));
                default:
                    attempt.Fact("strange", strange);
                    break;
            }
        }
    }

    private async ValueTask<(DnsReply? Reply, ProbeEnding Failed)> OverTcpAsync(ProbeAttempt attempt, ReadOnlyMemory<byte> query, ushort id, byte[] room, CancellationToken deadline)
    {
        using Socket socket = Target.Open(attempt.Address!, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(attempt.Place!, deadline);
        socket.NoDelay = true;
        byte[] framed = new byte[query.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed.AsMemory(2));
        for (int sent = 0; sent < framed.Length;) sent += await socket.SendAsync(framed.AsMemory(sent), SocketFlags.None, deadline);
        int size = 0;
        if (await FillAsync(socket, room.AsMemory(0, 2), deadline))
        {
            size = BinaryPrimitives.ReadUInt16BigEndian(room);
            if (!await FillAsync(socket, room.AsMemory(0, size), deadline)) size = 0;
        }

        if (size == 0) return (null, new ProbeEnding(ProbeReason.Reset, $"{attempt.Place} closed the connection before its answer was whole") { Outcome = "" });
        return DnsMessage.TryRead(room.AsSpan(0, size), id, Name, Type, out DnsReply? reply) == DnsMatch.Good ? (reply, default) : (null, NoAnswer(attempt));
    }

    private static ProbeEnding NoAnswer(ProbeAttempt attempt) => new(ProbeReason.Protocol, $"{attempt.Place} sent what cannot be read as an answer") { Outcome = "" };

    private static async ValueTask<bool> FillAsync(Socket socket, Memory<byte> room, CancellationToken deadline)
    {
        while (!room.IsEmpty)
        {
            int read = await socket.ReceiveAsync(room, SocketFlags.None, deadline);
            if (read == 0) return false;
            room = room[read..];
        }

        return true;
    }

    private ProbeEnding Judge(ProbeAttempt attempt, DnsReply reply)
    {
        IReadOnlyList<DnsRecord> records = reply.Of(Name, Type);
        string rcode = DnsWords.Rcode(reply.Rcode);
        attempt.Fact("rcode", rcode);
        attempt.Fact("flags", reply.FlagWords);
        attempt.Fact("records", string.Join('\n', records.Select(record => record.Value)));
        if (!reply.IsWhole) attempt.Fact("cut", $"only {DnsMessage.MostRecords} records were read");
        attempt.Number("answers", records.Count, min: 0);
        if (records.Count > 0) attempt.Number("ttl", records.Min(record => record.Ttl), "s", min: 0);
        string outcome = reply.Rcode switch
        {
            0 => records.Count > 0 ? "answer" : "nodata",
            2 => "servfail",
            3 => "nxdomain",
            5 => "refused",
            _ => "",
        };
        if (reply.Rcode != Wanted.Rcode || (Expect.IsNegative && outcome != "answer"))
        {
            ProbeReason reason = reply.Rcode switch { 2 => ProbeReason.DnsServfail, 3 => ProbeReason.DnsNxdomain, _ => ProbeReason.DnsOther };
            string text = reply.Rcode == 0 && records.Count == 0 ? "has no record of this type" : rcode;
            return new ProbeEnding(reason, $"{Shown}: {text} from {attempt.Place}{Hint(reply.Rcode)}") { Outcome = outcome };
        }

        string good = reply.Rcode == 0 ? $"has {records.Count} {(records.Count == 1 ? "answer" : "answers")} from {attempt.Place}" : $"gives {rcode} from {attempt.Place}";
        IReadOnlyList<(ProbeReason Reason, string Text)> failures = Expect.IsNegative ? [] : Wanted.Failures(reply, records);
        if (failures.Count == 0) return ProbeEnding.Good(good) with { Outcome = outcome };
        if (records.Count == 0 && reply.Rcode == 0) return new ProbeEnding(ProbeReason.DnsOther, $"{Shown}: has no record of this type, says {attempt.Place}") { Outcome = outcome };
        return new ProbeEnding(failures[0].Reason, $"{failures[0].Text}{(failures.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" (and {failures.Count - 1} more)") : "")}")
        {
            Detail = string.Join('\n', failures.Select(failure => failure.Text)),
            Outcome = outcome,
        };
    }

    private static string Hint(int rcode) => rcode switch
    {
        1 => "; it may not know EDNS0",
        5 => "; it does not serve this name, or not to this host",
        _ => "",
    };

    private static string Strange(ProbeAttempt attempt) =>
        attempt.Facts.FirstOrDefault(fact => fact.Key == "strange").Value is { } count ? $"; {count} strange packets came" : "";
}
