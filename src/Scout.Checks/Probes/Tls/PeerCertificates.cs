using System.Security.Cryptography.X509Certificates;

namespace Scout.Checks.Probes.Tls;

/// <summary>What the peer showed in the handshake, and what is wrong with it.</summary>
internal sealed record PeerCertificates
{
    public required string Subject { get; init; }

    public required string Issuer { get; init; }

    /// <summary>Names of the certificate, as <c>DNS:api.lan</c>.</summary>
    public required string Names { get; init; }

    /// <summary>SHA-256, upper-case hexadecimal.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The earliest of all certificates that were sent.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Whose end that is.</summary>
    public required string NotAfterOf { get; init; }

    /// <summary>How many were sent.</summary>
    public required int Sent { get; init; }

    /// <summary><see cref="ProbeReason.Ok"/>, or the first thing wrong; asked only with <c>verify</c>.</summary>
    public required ProbeReason Problem { get; init; }

    public required string ProblemText { get; init; }

    /// <summary>Takes what is needed out of objects that do not outlive the handshake.</summary>
    /// <param name="leaf">Of the peer.</param>
    /// <param name="chain">As built by the handshake's policy; its extra store holds what the peer sent.</param>
    /// <param name="serverName">The name that must be in the certificate.</param>
    /// <param name="now">Wall clock.</param>
    public static PeerCertificates Of(X509Certificate2 leaf, X509Chain chain, string serverName, DateTimeOffset now)
    {
        X509Certificate2 earliest = leaf;
        var seen = new HashSet<string>(StringComparer.Ordinal) { leaf.Thumbprint };
        foreach (X509Certificate2 sent in chain.ChainPolicy.ExtraStore)
        {
            seen.Add(sent.Thumbprint);
            if (sent.NotAfter < earliest.NotAfter) earliest = sent;
        }

        (ProbeReason problem, string text) = Judge(leaf, earliest, chain, serverName, now);
        return new PeerCertificates
        {
            Subject = Name(leaf.SubjectName),
            Issuer = Name(leaf.IssuerName),
            Names = NamesOf(leaf),
            Fingerprint = leaf.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256),
            NotAfter = new DateTimeOffset(earliest.NotAfter.ToUniversalTime()),
            NotAfterOf = Name(earliest.SubjectName),
            Sent = seen.Count,
            Problem = problem,
            ProblemText = text,
        };
    }

    // What is certain goes first: a date is past or it is not, whoever signed it.
    private static (ProbeReason, string) Judge(X509Certificate2 leaf, X509Certificate2 earliest, X509Chain chain, string serverName, DateTimeOffset now)
    {
        if (earliest.NotAfter.ToUniversalTime() < now.UtcDateTime)
            return (ProbeReason.TlsExpired, $"the certificate of {Name(earliest.SubjectName)} expired on {earliest.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        X509ChainStatus[] problems = [.. chain.ChainStatus.Where(status => status.Status != X509ChainStatusFlags.NoError)];
        if (problems.Length > 0) return (ProbeReason.TlsUntrusted, Untrusted(problems, leaf, now));
        return leaf.MatchesHostname(serverName) ? (ProbeReason.Ok, "") : (ProbeReason.TlsName, $"the certificate is for {Shown(leaf)}, not for {serverName}");
    }

    private static string Untrusted(X509ChainStatus[] problems, X509Certificate2 leaf, DateTimeOffset now)
    {
        X509ChainStatusFlags all = problems.Aggregate(X509ChainStatusFlags.NoError, (flags, one) => flags | one.Status);
        if (leaf.NotBefore.ToUniversalTime() > now.UtcDateTime) return $"the certificate is not valid before {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd}";
        if (all.HasFlag(X509ChainStatusFlags.PartialChain)) return $"no chain from {Name(leaf.IssuerName)} to a trusted root; an intermediate certificate may be missing";
        if (all.HasFlag(X509ChainStatusFlags.UntrustedRoot)) return leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData)
            ? "the certificate signed itself and is not trusted" : "the chain ends at a root that is not trusted";
        return problems[0].StatusInformation.Trim() is { Length: > 0 } text ? text : problems[0].Status.ToString();
    }

    private static string Shown(X509Certificate2 leaf)
    {
        string names = NamesOf(leaf).Replace("DNS:", "", StringComparison.Ordinal).Replace("IP:", "", StringComparison.Ordinal);
        string shown = names.Length > 0 ? names : Name(leaf.SubjectName);
        return shown.Length > 120 ? shown[..120] + "..." : shown;
    }

    private static string Name(X500DistinguishedName name) => name.Name.Length == 0 ? "(no name)" : name.Name;

    private static string NamesOf(X509Certificate2 leaf)
    {
        foreach (X509Extension extension in leaf.Extensions)
        {
            if (extension is not X509SubjectAlternativeNameExtension names) continue;
            try
            {
                return string.Join(", ", names.EnumerateDnsNames().Select(name => $"DNS:{name}").Concat(names.EnumerateIPAddresses().Select(address => $"IP:{address}")));
            }
            catch (System.Security.Cryptography.CryptographicException)
            {
                return "";
            }
        }

        return "";
    }
}
