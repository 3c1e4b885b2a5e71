using System.Net;
using Scout.Checks.Probes.Dns;
using Scout.Checks.Tests.Probes.Servers;

namespace Scout.Checks.Tests.Probes.Dns;

public sealed class DnsMessageTests
{
    [Fact]
    public void A_query_is_the_octets_of_the_rfcs()
    {
        byte[] query = Query("www.example.org", DnsType.Aaaa);
        Assert.Equal(
            "1234" + "0100" + "0001" + "0000" + "0000" + "0001"
            + "03777777076578616D706C65036F726700" + "001C" + "0001"
            + "00" + "0029" + "04D0" + "00000000" + "0000",
            Convert.ToHexString(query));
        byte[] authenticated = new byte[DnsMessage.LargestQuery];
        DnsMessage.WriteQuery(authenticated, 1, "a", DnsType.A, wantAuthenticated: true);
        Assert.Equal("0120", Convert.ToHexString(authenticated.AsSpan(2, 2)));
    }

    [Fact]
    public void The_longest_name_fits_a_query()
    {
        string name = string.Join('.', Enumerable.Repeat(new string('x', 63), 3)) + "." + new string('y', 61);
        Assert.True(DnsName.IsName(name));
        Assert.Equal(253, name.Length);
        Assert.Equal(DnsMessage.LargestQuery, Query(name, DnsType.A).Length);
    }

    [Theory]
    [InlineData("example.org", true)]
    [InlineData("example.org.", true)]
    [InlineData("_sip._tcp.example.org", true)]
    [InlineData(".", true)]
    [InlineData("", false)]
    [InlineData("a..b", false)]
    [InlineData(".a", false)]
    [InlineData("a b", false)]
    [InlineData("a\\.b", false)]
    [InlineData("bücher.example", false)]
    public void Only_names_are_names(string text, bool good) => Assert.Equal(good, DnsName.IsName(text));

    [Fact]
    public void Addresses_are_reversed()
    {
        Assert.Equal("4.3.2.1.in-addr.arpa", DnsName.Reverse(IPAddress.Parse("1.2.3.4")));
        Assert.Equal("b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DnsName.Reverse(IPAddress.Parse("2001:db8::567:89ab")));
    }

    [Theory]
    [InlineData(DnsType.A, "0A000007", "10.0.0.7")]
    [InlineData(DnsType.Aaaa, "20010DB8000000000000000000000007", "2001:db8::7")]
    [InlineData(DnsType.Cname, "0161C00C", "a.x.test")]
    [InlineData(DnsType.Ns, "026E7300", "ns")]
    [InlineData(DnsType.Ptr, "C00C", "x.test")]
    [InlineData(DnsType.Mx, "000A046D61696CC00C", "10 mail.x.test")]
    [InlineData(DnsType.Mx, "000000", "0 .")]
    [InlineData(DnsType.Srv, "00010002143400", "1 2 5172 .")]
    [InlineData(DnsType.Txt, "0568656C6C6F02E422", "hello\\228\"")]
    [InlineData(DnsType.Txt, "00", "")]
    [InlineData(DnsType.Caa, "0005697373756563612E6578616D706C65", "0 issue \"ca.example\"")]
    [InlineData(DnsType.Soa, "026E73C00C046D61696CC00C000000010000000200000003000000040000000A", "ns.x.test mail.x.test 1 2 3 4 10")]
    [InlineData((DnsType)99, "0102", "\\# 2 0102")]
    public void Data_reads_as_in_a_zone_file(DnsType type, string hex, string text)
    {
        byte[] query = Query("x.test", DnsType.A);
        byte[] message = FakeDnsServer.Answer(query, 0, 0x8180, FakeDnsServer.Record((int)type, 60, Convert.FromHexString(hex)));
        Assert.Equal(DnsMatch.Good, DnsMessage.TryRead(message, 0x1234, "x.test", DnsType.A, out DnsReply? reply));
        Assert.Equal((text, 60u, "x.test"), (reply!.Answers[0].Value, reply.Answers[0].Ttl, reply.Answers[0].Name));
    }

    [Theory]
    [InlineData(DnsType.A, "0A0000")]
    [InlineData(DnsType.A, "0A00000700")]
    [InlineData(DnsType.Aaaa, "0A000007")]
    [InlineData(DnsType.Cname, "0161")]
    [InlineData(DnsType.Cname, "C00C00")]
    [InlineData(DnsType.Cname, "C0FF")]
    [InlineData(DnsType.Cname, "41616161")]
    [InlineData(DnsType.Cname, "80")]
    [InlineData(DnsType.Mx, "000A")]
    [InlineData(DnsType.Srv, "000100020003")]
    [InlineData(DnsType.Txt, "0568656C6C")]
    [InlineData(DnsType.Caa, "000569737375")]
    [InlineData(DnsType.Caa, "0000")]
    [InlineData(DnsType.Soa, "00000000")]
    public void Data_that_lies_is_malformed(DnsType type, string hex)
    {
        byte[] message = FakeDnsServer.Answer(Query("x.test", DnsType.A), 0, 0x8180, FakeDnsServer.Record((int)type, 60, Convert.FromHexString(hex)));
        Assert.Equal(DnsMatch.Malformed, DnsMessage.TryRead(message, 0x1234, "x.test", DnsType.A, out _));
    }

    [Fact]
    public void Pointers_that_do_not_go_back_are_no_names()
    {
        // To itself, forward, and two that point at each other.
        byte[][] loops = [[0xC0, 0x00], [0xC0, 0x02, 0x00], [0xC0, 0x02, 0xC0, 0x00]];
        foreach (byte[] loop in loops)
        {
            int at = 0;
            Assert.False(DnsName.TryRead(loop, ref at, out _));
        }

        int second = 2;
        Assert.False(DnsName.TryRead(loops[2], ref second, out _));

        // A chain of back references is a name, as long as it is short enough.
        byte[] chain = [1, (byte)'a', 0, 1, (byte)'b', 0xC0, 0x00, 1, (byte)'c', 0xC0, 0x03];
        int start = 7;
        Assert.True(DnsName.TryRead(chain, ref start, out string name));
        Assert.Equal(("c.b.a", 11), (name, start));
    }

    [Fact]
    public void A_name_that_grows_over_255_octets_by_pointers_is_none()
    {
        var bytes = new List<byte> { 0 };
        int last = 0;
        for (int i = 0; i < 6; i++)
        {
            int here = bytes.Count;
            bytes.Add(63);
            bytes.AddRange(Enumerable.Repeat((byte)'x', 63));
            bytes.AddRange([(byte)(0xC0 | (last >> 8)), (byte)last]);
            last = here;
        }

        int third = 1 + (2 * 66);
        Assert.True(DnsName.TryRead(bytes.ToArray(), ref third, out _));
        Assert.False(DnsName.TryRead(bytes.ToArray(), ref last, out _));
    }

    [Theory]
    [InlineData(0, 0xFF, "Strange")]
    [InlineData(2, 0x01, "Strange")]
    [InlineData(2, 0xA9, "Strange")]
    [InlineData(5, 0x02, "Strange")]
    [InlineData(13, 0x79, "Strange")]
    [InlineData(20, 0x02, "Strange")]
    [InlineData(22, 0x03, "Strange")]
    [InlineData(13, 0x58, "Good")]
    [InlineData(7, 0x02, "Malformed")]
    public void Only_an_answer_to_this_question_counts(int at, byte value, string match)
    {
        byte[] message = FakeDnsServer.Answer(Query("x.test", DnsType.A), 0, 0x8180, FakeDnsServer.A("10.0.0.1"));
        message[at] = value;
        Assert.Equal(match, DnsMessage.TryRead(message, 0x1234, "x.test", DnsType.A, out _).ToString());
    }

    [Fact]
    public void Aliases_are_followed_and_strangers_left_out()
    {
        byte[] message = FakeDnsServer.Answer(
            Query("x.test", DnsType.A), 0, 0x8180,
            FakeDnsServer.A("10.0.0.3", owner: FakeDnsServer.Wire("c.test")),
            FakeDnsServer.Record(5, 60, FakeDnsServer.Wire("c.test"), FakeDnsServer.Wire("B.test")),
            FakeDnsServer.Record(5, 60, FakeDnsServer.Wire("b.test")),
            FakeDnsServer.A("6.6.6.6", owner: FakeDnsServer.Wire("evil.test")));
        Assert.Equal(DnsMatch.Good, DnsMessage.TryRead(message, 0x1234, "x.test", DnsType.A, out DnsReply? reply));
        Assert.Equal(["10.0.0.3"], reply!.Of("x.test", DnsType.A).Select(record => record.Value));
        Assert.Equal(["b.test"], reply.Of("X.TEST", DnsType.Cname).Select(record => record.Value));
    }

    [Fact]
    public void No_more_than_128_records_are_read()
    {
        byte[] message = FakeDnsServer.Answer(Query("x.test", DnsType.A), 0, 0x8180, [.. Enumerable.Range(0, 200).Select(index => FakeDnsServer.A($"10.0.0.{index}"))]);
        Assert.Equal(DnsMatch.Good, DnsMessage.TryRead(message, 0x1234, "x.test", DnsType.A, out DnsReply? reply));
        Assert.Equal((128, false), (reply!.Answers.Count, reply.IsWhole));
    }

    [Fact]
    public void The_upper_bits_of_the_response_code_come_from_edns()
    {
        byte[] message = FakeDnsServer.Answer(Query("x.test", DnsType.A), 0);
        message[11] = 1;
        byte[] opt = [0, 0, 41, 4, 0xD0, 1, 0, 0, 0, 0, 0];
        Assert.Equal(DnsMatch.Good, DnsMessage.TryRead((byte[])[.. message, .. opt], 0x1234, "x.test", DnsType.A, out DnsReply? reply));
        Assert.Equal((16, "RCODE16"), (reply!.Rcode, DnsWords.Rcode(reply.Rcode)));
    }

    [Fact]
    public void Whatever_arrives_is_read_without_harm()
    {
        var random = new Random(17);
        byte[] query = Query("x.test", DnsType.Soa);
        byte[] good = FakeDnsServer.Answer(
            query, 0, 0x8180,
            FakeDnsServer.Record(6, 60, Convert.FromHexString("026E73C00C046D61696CC00C000000010000000200000003000000040000000A")),
            FakeDnsServer.Record(16, 60, Convert.FromHexString("0568656C6C6F")),
            FakeDnsServer.Record(33, 60, Convert.FromHexString("000100021434C00C")),
            FakeDnsServer.Record(257, 60, Convert.FromHexString("0005697373756563612E6578616D706C65")));
        int whole = 0;
        for (int round = 0; round < 100_000; round++)
        {
            byte[] message = (byte[])good.Clone();
            int flips = random.Next(1, 6);
            for (int flip = 0; flip < flips; flip++) message[random.Next(2, message.Length)] = (byte)(random.Next(3) == 0 ? 0xC0 : random.Next(256));
            if (random.Next(3) == 0) message = message[..random.Next(message.Length)];
            if (DnsMessage.TryRead(message, 0x1234, "x.test", DnsType.Soa, out DnsReply? reply) != DnsMatch.Good) continue;
            whole++;
            Assert.All(reply!.Answers, record => Assert.InRange(record.Name.Length, 0, 4 * DnsName.Longest));
        }

        Assert.InRange(whole, 100, 99_999);
    }

    [Fact]
    public void A_message_made_to_cost_much_costs_little()
    {
        // 65535 octets of records whose owners are chains of pointers as deep as they can be.
        byte[] head = FakeDnsServer.Answer(Query("x.test", DnsType.A), 0);
        var message = new List<byte>(head);
        message[6] = 0xFF;
        int last = 12;
        while (message.Count < 65_000)
        {
            int here = message.Count;
            message.AddRange([1, (byte)'a', (byte)(0xC0 | (last >> 8)), (byte)last, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]);
            if (here < 0x3FFF) last = here;
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        DnsMessage.TryRead(message.ToArray(), 0x1234, "x.test", DnsType.A, out _);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    private static byte[] Query(string name, DnsType type)
    {
        byte[] query = new byte[DnsMessage.LargestQuery];
        return query[..DnsMessage.WriteQuery(query, 0x1234, name, type, wantAuthenticated: false)];
    }
}
