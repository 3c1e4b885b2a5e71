namespace Scout.Checks.Probes.Dns;

/// <summary>A record of the answer section.</summary>
/// <param name="Name">Who owns it.</param>
/// <param name="Type">A number of <see cref="DnsType"/>, or any other.</param>
/// <param name="Ttl">Seconds it may be kept.</param>
/// <param name="Value">Its data as text, as a zone file has it, without final dots.</param>
internal sealed record DnsRecord(string Name, DnsType Type, uint Ttl, string Value);
