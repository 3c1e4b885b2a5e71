using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using Scout.Checks.Output;
using Scout.Checks.Probes.Running;
using Scout.Checks.Thresholds;

namespace Scout.Checks.Probes.Tls;

/// <summary>Looks at the certificates a peer sends (mesh.md section 1): how long they live, whether a client would trust them, whose they are.</summary>
public sealed record TlsProbe : HostProbeOptions
{
    private static readonly ProbePhase[] Printed = [ProbePhase.Connect, ProbePhase.Tls];

    public override string Kind => "tls";

    public required TlsSettings Settings { get; init; }

    /// <summary>Sent as SNI, and wanted in the certificate.</summary>
    public required string ServerName { get; init; }

    public StartTlsKind StartTls { get; init; }

    /// <summary>Life left: WARNING below.</summary>
    public TimeSpan WarningLife { get; init; }

    /// <summary>Life left: CRITICAL below.</summary>
    public TimeSpan CriticalLife { get; init; }

    /// <summary>Pattern of the issuer's name.</summary>
    public ProbePattern? Issuer { get; init; }

    /// <summary>SHA-256 of the certificates allowed, upper-case hexadecimal; empty allows all.</summary>
    public IReadOnlyList<string> Fingerprints { get; init; } = [];

    protected override ReadOnlySpan<ProbePhase> PrintedPhases => Printed;

    protected override async ValueTask<ProbeEnding> AttemptAsync(ProbeAttempt attempt, CancellationToken deadline)
    {
        using Socket socket = await ConnectAsync(attempt, attempt.Address!, Target.Port, deadline);
        if (StartTls != StartTlsKind.None)
        {
            attempt.PhaseName = "starttls";
            if (await Tls.StartTls.AskAsync(socket, StartTls, deadline) is { } refused) return refused;
            attempt.PhaseName = null;
        }

        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        (PeerCertificates? peer, ProbeEnding failed) = await TlsClient.HandshakeAsync(stream, Settings, ServerName, null, attempt, deadline);
        if (peer is null) return failed;
        attempt.Fact("tls", Version(stream));
        attempt.Fact("cipher", stream.NegotiatedCipherSuite.ToString());
        attempt.Fact("subject", peer.Subject);
        attempt.Fact("issuer", peer.Issuer);
        attempt.Fact("names", peer.Names);
        attempt.Fact("fingerprint", peer.Fingerprint);
        attempt.Fact("not_after", peer.NotAfter.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        attempt.Fact("sent", peer.Sent);
        return Judge(attempt, peer);
    }

    private ProbeEnding Judge(ProbeAttempt attempt, PeerCertificates peer)
    {
        TimeSpan left = peer.NotAfter - attempt.Context.Time.GetUtcNow();
        attempt.Number("days_left", Math.Round(left.TotalDays, 2), "", Expect.IsNegative ? null : Least(WarningLife), Expect.IsNegative ? null : Least(CriticalLife));
        var failed = new List<(ProbeReason Reason, string Text, CheckStatus Status)>();
        if (left < TimeSpan.Zero) failed.Add((ProbeReason.TlsExpired, $"the certificate of {peer.NotAfterOf} expired {Days(-left)} ago", CheckStatus.Critical));
        else if (Settings.Verify && peer.Problem != ProbeReason.Ok) failed.Add((peer.Problem, peer.ProblemText, CheckStatus.Critical));
        if (Issuer?.IsMatch(peer.Issuer) == false) failed.Add((ProbeReason.TlsUntrusted, $"issued by {peer.Issuer}, which does not match '{Issuer}'", CheckStatus.Critical));
        if (Fingerprints.Count > 0 && !Fingerprints.Contains(peer.Fingerprint)) failed.Add((ProbeReason.Identity, $"another certificate, fingerprint {peer.Fingerprint}", CheckStatus.Critical));
        if (left >= TimeSpan.Zero && !Expect.IsNegative && left < WarningLife)
        {
            failed.Add((ProbeReason.TlsExpired, $"the certificate of {peer.NotAfterOf} ends in {Days(left)}, on {peer.NotAfter:yyyy-MM-dd}",
                left < CriticalLife ? CheckStatus.Critical : CheckStatus.Warning));
        }

        if (failed.Count == 0) return ProbeEnding.Good($"is valid for {Days(left)} ({peer.Subject}, by {peer.Issuer}), handshake");
        return new ProbeEnding(failed[0].Reason, failed[0].Text)
        {
            Status = failed.Any(one => one.Status == CheckStatus.Critical) ? CheckStatus.Critical : CheckStatus.Warning,
            Detail = failed.Count > 1 ? string.Join('\n', failed.Select(one => one.Text)) : "",
        };
    }

    private static NagiosRange? Least(TimeSpan life) => life > TimeSpan.Zero ? new NagiosRange(Math.Round(life.TotalDays, 4), double.PositiveInfinity, false) : null;

    private static string Version(SslStream stream) => stream.SslProtocol switch
    {
        System.Security.Authentication.SslProtocols.Tls13 => "1.3",
        System.Security.Authentication.SslProtocols.Tls12 => "1.2",
        var other => other.ToString(),
    };

    private static string Days(TimeSpan time) => time.TotalDays >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalDays):0} days")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h");
}
