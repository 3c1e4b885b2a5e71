namespace Scout.Checks.Probes.Dns;

/// <summary>The types of records that can be asked for, with their numbers (RFC 1035, 3596, 2782, 8659).</summary>
public enum DnsType
{
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,
    Caa = 257,
}

/// <summary>The words of types and of response codes.</summary>
internal static class DnsWords
{
    private static readonly string[] RcodeNames = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"];

    public static (string Word, DnsType Type)[] Types { get; } =
    [
        ("A", DnsType.A), ("AAAA", DnsType.Aaaa), ("CNAME", DnsType.Cname), ("MX", DnsType.Mx), ("NS", DnsType.Ns),
        ("PTR", DnsType.Ptr), ("SOA", DnsType.Soa), ("SRV", DnsType.Srv), ("TXT", DnsType.Txt), ("CAA", DnsType.Caa),
    ];

    public static (string Word, int Rcode)[] Rcodes { get; } = [.. RcodeNames.Select((word, number) => (word, number))];

    public static string Name(DnsType type) => Array.Find(Types, known => known.Type == type).Word ?? $"TYPE{(int)type}";

    /// <summary><c>NXDOMAIN</c>; <c>RCODE23</c> for one without a name here.</summary>
    public static string Rcode(int rcode) => rcode >= 0 && rcode < RcodeNames.Length ? RcodeNames[rcode] : $"RCODE{rcode}";
}
