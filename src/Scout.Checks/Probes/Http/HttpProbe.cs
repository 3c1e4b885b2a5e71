using System.Globalization;
using System.Net;
using Scout.Checks.Probes.Options;
using Scout.Checks.Probes.Running;
using Scout.Checks.Probes.Tls;

namespace Scout.Checks.Probes.Http;

/// <summary>
/// One request over a fresh connection, judged by status, headers and content (mesh.md section 1). Nothing is kept or taken from elsewhere: no pool, proxy,
/// cookies, environment, decompression.
/// </summary>
public sealed record HttpProbe : HostProbeOptions
{
    private static readonly ProbePhase[] Printed = [ProbePhase.Dns, ProbePhase.Connect, ProbePhase.Tls, ProbePhase.FirstByte, ProbePhase.Transfer];

    public override string Kind => "http";

    public required Uri Url { get; init; }

    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>Sent as they are.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public string? Body { get; init; }

    /// <summary>0 to 10 redirects are followed.</summary>
    public int Redirects { get; init; }

    /// <summary>1.1, or 2 by ALPN.</summary>
    public Version Version { get; init; } = HttpVersion.Version11;

    public required TlsSettings Tls { get; init; }

    public required HttpExpectations Expectations { get; init; }

    protected override ReadOnlySpan<ProbePhase> PrintedPhases => Printed;

    protected override string Shown => Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    protected override async ValueTask<ProbeEnding> AttemptAsync(ProbeAttempt attempt, CancellationToken deadline)
    {
        var hop = new HttpHop(Url, Method, Body, Headers);
        IPAddress own = attempt.Address!;
        for (int followed = 0; ; followed++)
        {
            await using var exchange = new HttpExchange(this, hop, attempt);
            if (await exchange.ConnectAsync(await ConnectAsync(attempt, attempt.Address!, hop.Url.Port, deadline), deadline) is { } failed) return failed;
            (HttpAnswer? answer, ProbeEnding broken) = await exchange.AskAsync(deadline);
            if (answer is null) return broken;
            string? location = HttpHop.IsRedirect(answer.Status) ? answer.Header("Location") : null;
            if (Redirects == 0 || location is null)
            {
                attempt.Number("size", answer.Size, "B", min: 0);
                attempt.Number("status", answer.Status);
                attempt.Fact("status", answer.Status);
                attempt.Fact("version", exchange.Version);
                if (followed > 0) attempt.Fact("url", hop.Url.AbsoluteUri);
                string text = string.Create(CultureInfo.InvariantCulture, $"answered {answer.Status}, {answer.Size} bytes{(followed > 0 ? $", after {followed} redirects" : "")},");
                return Expectations.Judge(answer) ?? ProbeEnding.Good(text);
            }

            if (followed == Redirects) return new ProbeEnding(ProbeReason.Status, $"redirects more than {Redirects} times, the last to {ProbeText.Shown(location)}");
            if (hop.Follow(answer.Status, location) is not { } next) return new ProbeEnding(ProbeReason.Status, $"redirects to {ProbeText.Shown(location)}, which is not followed");
            hop = next;
            attempt.ForgetPhases();
            (IPAddress? address, ProbeEnding unknown) = await AddressAsync(attempt, next.Url.IdnHost, own, deadline);
            if (address is null) return unknown;
            attempt.Place = new IPEndPoint(address, next.Url.Port);
        }
    }

    // The host of the definition keeps its address, also when it is come back to.
    private async ValueTask<(IPAddress? Address, ProbeEnding Failed)> AddressAsync(ProbeAttempt attempt, string host, IPAddress own, CancellationToken deadline)
    {
        if (host == Url.IdnHost) return (own, default);
        if (AddressText.TryParse(host, out IPAddress? literal)) return (literal, default);
        NameAnswer names = await LookupAsync(attempt, host, deadline);
        return names.Addresses.Count > 0 ? (names.Addresses[0], default) : (null, new ProbeEnding(names.Reason, names.Text));
    }
}
