namespace Scout.Checks.Probes.Dns;

/// <summary>What a server said.</summary>
/// <param name="Rcode">The response code, with the upper bits of EDNS.</param>
/// <param name="Flags">The second word of the head (RFC 1035 section 4.1.1).</param>
/// <param name="Answers">Records of the answer section, 128 at most.</param>
/// <param name="IsWhole">False when the answer section has more records than were read.</param>
internal sealed record DnsReply(int Rcode, ushort Flags, IReadOnlyList<DnsRecord> Answers, bool IsWhole)
{
    public bool IsAuthoritative => (Flags & 0x0400) != 0;

    public bool IsTruncated => (Flags & 0x0200) != 0;

    /// <summary>The server says that it validated (RFC 4035 section 3.2.3).</summary>
    public bool IsAuthenticated => (Flags & 0x0020) != 0;

    /// <summary>The flags that are set, as dig shows them: <c>qr aa rd ra ad</c>.</summary>
    public string FlagWords
    {
        get
        {
            (int Bit, string Word)[] words = [(0x8000, "qr"), (0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"), (0x0020, "ad"), (0x0010, "cd")];
            return string.Join(' ', words.Where(word => (Flags & word.Bit) != 0).Select(word => word.Word));
        }
    }

    /// <summary>The records of a type that belong to a name, through its aliases.</summary>
    public IReadOnlyList<DnsRecord> Of(string name, DnsType type)
    {
        var owners = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { name };

        // Aliases may come in any order: go through them until none adds a name.
        for (int before = 0; type != DnsType.Cname && before != owners.Count;)
        {
            before = owners.Count;
            foreach (DnsRecord alias in Answers)
            {
                if (alias.Type == DnsType.Cname && owners.Contains(alias.Name)) owners.Add(alias.Value);
            }
        }

        return [.. Answers.Where(record => record.Type == type && owners.Contains(record.Name))];
    }
}
