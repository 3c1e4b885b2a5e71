using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Checks;
using Scout.Broker.Mesh.Service;
using Scout.Broker.Streams;
using Scout.Broker.Supervision;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Streams;

namespace Scout.Broker.Rights;

/// <summary>What <c>scout doctor</c> is told.</summary>
public sealed record DoctorOptions
{
    public required string CredsFile { get; init; }

    /// <summary>Whose rights the login should have.</summary>
    public required ScoutRole Role { get; init; }

    /// <summary>Null: the addresses in the creds file.</summary>
    public string? Url { get; init; }

    /// <summary>Certificates to trust; null: those in the creds file, else the machine's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Null: that of the role, <c>_INBOX.</c> and the name of a node or the key of anybody else.</summary>
    public string? InboxPrefix { get; init; }

    /// <summary>Domain of JetStream; null: the account's own.</summary>
    public string? Domain { get; init; }

    /// <summary>Compare the streams too, where the role may ask about them.</summary>
    public bool Streams { get; init; } = true;
}

/// <summary>Looks at a broker from outside, with somebody's credentials: are the rights those of the role, are the streams as Scout wants them (security.md 14).</summary>
public static class BrokerDoctor
{
    private const string RightsHint = "'scout broker roles --format nsc' says what the role's signing key must give";
    private const string StreamsHint = "'scout broker streams --format json' prints what its owner should set";

    public static async Task<(IReadOnlyList<BrokerCheckRow> Rows, BrokerExit? Error)> RunAsync(DoctorOptions options, TimeProvider time, CancellationToken stop)
    {
        try
        {
            using NatsCreds creds = NatsCreds.Read(options.CredsFile, time.GetUtcNow());
            string[] groups = [.. RoleNames.Groups(creds.Claims.Tags)];
            if (RoleNames.Problem(options.Role, creds.Claims.Name, groups) is { } problem) return Refused($"{options.CredsFile}: {problem}", "a role's name rules keep wildcards out of subjects: get credentials with another name");
            if ((options.Url ?? creds.Urls) is not { Length: > 0 } url) return ([], BrokerExit.Usage("no broker is named, neither by --broker nor in the creds file", "give --broker tls://HOST:4222"));
            RoleTemplate own = RoleTemplates.Of(options.Role).For(creds.Claims.Name, creds.Claims.Subject, groups);
            await using var nats = new NatsConnection(new NatsOpts
            {
                Url = url,
                Name = "scout-doctor",
                AuthOpts = new NatsAuthOpts { Creds = creds },
                TlsOpts = options.CaFile is { } file ? new NatsTlsOpts { CaFile = file } : new NatsTlsOpts { CaPem = creds.CertificatesPem },
                InboxPrefix = options.InboxPrefix ?? RightTrials.Inbox(options.Role, creds.Claims.Name, creds.Claims.Subject),
                JetStreamDomain = options.Domain,
                RefusedPatience = NatsOpts.ReloadPatience,
                TimeProvider = time,
            });
            await nats.ConnectAsync().AsTask().WaitAsync(stop);
            IReadOnlyList<RightTrial> trials = RightTrials.InDomain(RightTrials.For(own), options.Domain);
            IReadOnlyList<RightDifference> differences = await RightsDoctor.TryAsync(nats, trials, stop);
            List<BrokerCheckRow> rows =
            [
                new("login", Ok: true, $"{url}: {creds.Claims.Name}, nats-server {nats.ServerInfo?.Version}", ""),
                Summary(options.Role, trials, differences),
                .. differences.Select(static one => new BrokerCheckRow(one.Trial.Publish ? "publish" : "subscribe", Ok: false, $"{one.Trial.Subject}: {one.Word}", "")),
            ];
            if (options.Streams && own.Publish.Contains("$JS.API.STREAM.INFO.SCOUT_EVENTS") | options.Role == ScoutRole.Admin) rows.AddRange(await StreamsAsync(nats, options.Domain, time, stop));
            if (options.Streams && own.Publish.Any(static right => SubjectPattern.Covers(right, "$JS.API.DIRECT.GET." + StreamCatalog.Roster))) rows.AddRange(await TrustAsync(nats, stop));
            return (rows, null);
        }
        catch (NatsServerException refused)
        {
            return Refused($"the broker refuses us: {refused.Error}", "the login is not known to this account, has expired, or was revoked");
        }
        catch (NatsCredentialsException unfit)
        {
            return Refused(unfit.Message, "");
        }
        catch (Exception failure) when (failure is NatsException or JsonException or ArgumentException or FormatException)
        {
            return Refused(failure.Message, "is the address right, and is it up?");
        }
    }

    private static BrokerCheckRow Summary(ScoutRole role, IReadOnlyList<RightTrial> trials, IReadOnlyList<RightDifference> differences)
    {
        int missing = differences.Count(static one => one.Trial.Wanted);
        return differences.Count == 0
            ? new BrokerCheckRow("rights", Ok: true, $"{trials.Count} tried, all as role {RoleNames.Word(role)} has them", "")
            : new BrokerCheckRow("rights", Ok: false, $"{trials.Count} tried for role {RoleNames.Word(role)}: {missing} missing, {differences.Count - missing} too much", RightsHint);
    }

    private static async Task<IReadOnlyList<BrokerCheckRow>> StreamsAsync(NatsConnection nats, string? domain, TimeProvider time, CancellationToken stop)
    {
        NatsServerVersion version = NatsServerVersion.TryParse(nats.ServerInfo?.Version ?? "", out NatsServerVersion read) ? read : NatsServerVersion.Oldest;
        var keeper = new StreamKeeper(new JetStreamApi(nats, time, domain), version, [], NullLogger.Instance);
        return [.. (await keeper.LookAsync(mend: false, stop)).Select(static one => BrokerCheck.Row(one, StreamsHint))];
    }

    /// <summary>Who has not heard of the last revocation: of those that run, the highest serial is the newest. Nodes say it of themselves, so who says the highest is named.</summary>
    private static async Task<IReadOnlyList<BrokerCheckRow>> TrustAsync(NatsConnection nats, CancellationToken stop)
    {
        var serials = new SortedDictionary<string, long>(StringComparer.Ordinal);
        try
        {
            await foreach (NatsJSStreamMsg<byte[]> message in new NatsJSContext(nats).GetStreamHandle(StreamCatalog.Roster).ReadRangeAsync<byte[]>(cancellationToken: stop))
            {
                if (RosterWord.Read(message.Subject, message.Data ?? [], [.. message.Headers.EachValue()]) is not { IsPlace: false } word) continue;
                if (word.Entry is { Stopped: null, Trust: { } serial }) serials[word.Node] = serial;
                else serials.Remove(word.Node);
            }
        }
        catch (NatsJSException)
        {
            // Without a roster there is nobody to be behind; that it is missing the row of the stream says.
        }

        if (serials.Count == 0) return [];
        long newest = serials.Values.Max();
        string[] behind = [.. serials.Where(one => one.Value < newest).Select(static one => $"{one.Key} ({one.Value})")];
        if (behind.Length == 0) return [new BrokerCheckRow("trust", Ok: true, $"{serials.Count} {(serials.Count == 1 ? "node goes" : "nodes go")} by trust document {newest}", "")];
        string first = serials.First(one => one.Value == newest).Key;
        string names = string.Join(", ", behind.Take(10)) + (behind.Length > 10 ? $" and {behind.Length - 10} more" : "");
        return [new BrokerCheckRow("trust", Ok: false, $"behind document {newest}, which {first} says it has, and may still believe callers who were taken back: {names}", "a node that is connected is told within seconds: is it reached, and does 'scout broker run' run?")];
    }

    private static (IReadOnlyList<BrokerCheckRow> Rows, BrokerExit? Error) Refused(string message, string hint) => ([], BrokerExit.Refused(message, hint));
}
