namespace Scout.Checks.Probes;

/// <summary>Why a probe ended as it did: the closed list of mesh.md section 1.</summary>
public enum ProbeReason
{
    /// <summary>What was wanted came, within all limits.</summary>
    Ok,
    /// <summary>It came, and took longer than a limit.</summary>
    Slow,
    /// <summary>The peer said no: RST to a SYN, or ICMP port unreachable.</summary>
    Refused,
    /// <summary>The peer cut a connection that stood.</summary>
    Reset,
    /// <summary>The deadline passed.</summary>
    Timeout,
    /// <summary>No route, or an ICMP error.</summary>
    Unreachable,
    /// <summary>The name does not exist.</summary>
    DnsNxdomain,
    /// <summary>The resolver failed.</summary>
    DnsServfail,
    /// <summary>The resolver did not answer in time.</summary>
    DnsTimeout,
    /// <summary>Any other trouble with a name: no address of the wanted family, a refused query.</summary>
    DnsOther,
    /// <summary>No chain to a trusted root.</summary>
    TlsUntrusted,
    /// <summary>A certificate is past its end, or its life left is under a limit.</summary>
    TlsExpired,
    /// <summary>The certificate is for another name.</summary>
    TlsName,
    /// <summary>No common version or cipher, or the peer broke off.</summary>
    TlsHandshake,
    /// <summary>A status code that was not wanted.</summary>
    Status,
    /// <summary>The content is not as wanted.</summary>
    Body,
    /// <summary>A header is not as wanted.</summary>
    Header,
    /// <summary>Too much or too little came.</summary>
    Size,
    /// <summary>The peer does not speak the protocol.</summary>
    Protocol,
    /// <summary>Packets were lost beyond a limit.</summary>
    Loss,
    /// <summary>Somebody else answered.</summary>
    Identity,
    /// <summary>A negative test: what was wanted did not come.</summary>
    Negative,
    /// <summary>UNKNOWN: this process stood still for more than a quarter of the timeout.</summary>
    Stalled,
    /// <summary>UNKNOWN: the system does not allow it.</summary>
    NoPermission,
    /// <summary>UNKNOWN: no descriptor, port or source address here.</summary>
    Local,
}

/// <summary>The words of <see cref="ProbeReason"/>.</summary>
public static class ProbeReasons
{
    private static readonly string[] Words =
    [
        "ok", "slow", "refused", "reset", "timeout", "unreachable", "dns_nxdomain", "dns_servfail", "dns_timeout", "dns_other", "tls_untrusted", "tls_expired", "tls_name",
        "tls_handshake", "status", "body", "header", "size", "protocol", "loss", "identity", "negative", "stalled", "no_permission", "local",
    ];

    /// <summary>All words, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All => Words;

    /// <summary>As in events and metrics: <c>dns_nxdomain</c>.</summary>
    public static string Name(ProbeReason reason) => Words[(int)reason];

    /// <summary>The probe could not be made, which says nothing about the peer: UNKNOWN.</summary>
    public static bool IsUnknown(ProbeReason reason) => reason is ProbeReason.Stalled or ProbeReason.NoPermission or ProbeReason.Local;
}
