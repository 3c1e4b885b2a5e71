using System.Net;
using Scout.Checks.Probes.Options;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Dns;

/// <summary>Whom to ask.</summary>
/// <param name="FromSystem">Those of <c>resolv.conf</c>, read at each run.</param>
/// <param name="Each">Every one once, the worst decides; else the first alone.</param>
/// <param name="Listed">Those that were named.</param>
public sealed record DnsServers(bool FromSystem, bool Each, IReadOnlyList<IPEndPoint> Listed)
{
    public const int UsualPort = 53;

    /// <summary>The resolver of the system, its first server.</summary>
    public static DnsServers System { get; } = new(true, false, []);

    /// <summary><c>10.96.0.10</c>, <c>10.96.0.10:5353</c>, <c>2001:db8::53</c>, <c>[2001:db8::53]:5353</c>.</summary>
    internal static bool TryParse(string text, out IPEndPoint? server)
    {
        server = null;
        (string host, string? port) = HostText.Split(text);
        int number = UsualPort;
        if (!AddressText.TryParse(host, out IPAddress? address) || (port is not null && (!int.TryParse(port, out number) || number is < 1 or > 65_535))) return false;
        server = new IPEndPoint(address!, number);
        return true;
    }

    /// <summary>The servers of a <c>resolv.conf</c> (resolv.conf(5)); without any, that of this host.</summary>
    internal static IReadOnlyList<IPEndPoint> OfSystem(string path, out ProbeEnding failed)
    {
        failed = default;
        string[] lines;
        try
        {
            lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            failed = new ProbeEnding(ProbeReason.Local, $"{path} cannot be read: {error.Message}");
            return [];
        }

        var servers = new List<IPEndPoint>();
        foreach (string line in lines)
        {
            string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == "nameserver" && IPAddress.TryParse(words[1], out IPAddress? address)) servers.Add(new IPEndPoint(address, UsualPort));
        }

        return servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, UsualPort)];
    }
}
