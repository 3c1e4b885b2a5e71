using System.Globalization;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Dns;
using Scout.Checks.Probes.Names;

namespace Scout.Server.Connection;

/// <summary>Where the brokers of a domain are: the SRV records <c>_scout-broker._tcp.DOMAIN</c> (RFC 2782), asked anew at each connect. DNS says only where; who it is, the certificate says.</summary>
public static class BrokerServers
{
    /// <summary>Servers as <c>host:port</c>, the lowest priority first.</summary>
    /// <exception cref="NatsException">No answer, or none that can be used.</exception>
    public static ValueTask<IReadOnlyList<string>> FindAsync(string domain, CancellationToken cancel) => FindAsync(domain, DnsServers.System, cancel);

    /// <summary>The same, of these resolvers.</summary>
    /// <exception cref="NatsException">No answer, or none that can be used.</exception>
    internal static async ValueTask<IReadOnlyList<string>> FindAsync(string domain, DnsServers resolvers, CancellationToken cancel)
    {
        string name = "_scout-broker._tcp." + domain;
        (IReadOnlyList<string> found, string summary) = await AskAsync(name, resolvers, cancel);
        return found.Count > 0 ? found : throw new NatsException($"srv://{domain}: there are no SRV records {name} ({summary})");
    }

    /// <summary>The hosts and ports of SRV records, and what the server said.</summary>
    internal static async ValueTask<(IReadOnlyList<string> Found, string Summary)> AskAsync(string name, DnsServers resolvers, CancellationToken cancel)
    {
        var probe = new DnsProbe
        {
            Timeout = TimeSpan.FromSeconds(4),
            Target = new ProbeTarget { Host = name, Port = 53 },
            Expect = new ProbeExpect("answer"),
            Name = name,
            Type = DnsType.Srv,
            Servers = resolvers,
        };
        ProbeResult result = await probe.RunAsync(new ProbeContext { Time = TimeProvider.System, Names = SystemNameLookup.Shared }, cancel);
        return (Read(result.Facts.FirstOrDefault(static fact => fact.Key == "records").Value ?? ""), result.Summary);
    }

    /// <summary>Reads records as a zone file has them, one a line: priority, weight, port, target. A target of <c>.</c> says that there is none.</summary>
    internal static IReadOnlyList<string> Read(string records)
    {
        var servers = new List<(int Priority, string Place)>();
        foreach (string record in records.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = record.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length != 4 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int priority) || !ushort.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)) continue;
            string host = parts[3].TrimEnd('.');
            if (port > 0 && Uri.CheckHostName(host) == UriHostNameType.Dns) servers.Add((priority, $"{host}:{port}"));
        }

        return [.. servers.OrderBy(static server => server.Priority).Select(static server => server.Place).Distinct(StringComparer.OrdinalIgnoreCase)];
    }
}
