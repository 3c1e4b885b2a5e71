using System.Net;
using System.Net.Sockets;

namespace Scout.Checks.Probes.Names;

/// <summary>
/// The resolver of the system: <c>/etc/hosts</c>, DNS, whatever <c>nsswitch.conf</c> says. It cannot be interrupted: a lookup given up at its deadline still
/// holds a thread until the resolver returns, so their number is bounded.
/// </summary>
public sealed class SystemNameLookup : INameLookup
{
    /// <summary>Lookups under way at once; further ones are answered <see cref="ProbeReason.Local"/>.</summary>
    public const int MostAtOnce = 64;

    private int underWay;
    private long refused;

    public static SystemNameLookup Shared { get; } = new();

    /// <summary>Lookups not made because too many others hang.</summary>
    public long Refused => Interlocked.Read(ref refused);

    public async ValueTask<NameAnswer> LookupAsync(string host, AddressChoice family, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref underWay) > MostAtOnce)
        {
            Interlocked.Decrement(ref underWay);
            Interlocked.Increment(ref refused);
            return NameAnswer.Failed(ProbeReason.Local, $"{MostAtOnce} name lookups hang already; is the resolver of this host well?");
        }

        Task<IPAddress[]> lookup;
        try
        {
            AddressFamily wanted = family switch { AddressChoice.V4 => AddressFamily.InterNetwork, AddressChoice.V6 => AddressFamily.InterNetworkV6, _ => AddressFamily.Unspecified };
            lookup = System.Net.Dns.GetHostAddressesAsync(host, wanted, CancellationToken.None);
        }
        catch (Exception error) when (error is ArgumentException or SocketException)
        {
            Interlocked.Decrement(ref underWay);
            return NameAnswer.Failed(ProbeReason.DnsOther, $"'{host}' cannot be looked up: {error.Message}");
        }

        // The count goes down when the resolver returns, not when the probe gives up; what it says then is of no interest.
        _ = lookup.ContinueWith(
            static (task, state) =>
            {
                _ = task.Exception;
                Interlocked.Decrement(ref ((SystemNameLookup)state!).underWay);
            },
            this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            IPAddress[] addresses = await lookup.WaitAsync(cancel);
            return addresses.Length > 0 ? NameAnswer.Of(addresses) : NameAnswer.Failed(ProbeReason.DnsOther, $"{host} has no address{Family(family)}");
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode switch
            {
                SocketError.HostNotFound => NameAnswer.Failed(ProbeReason.DnsNxdomain, $"{host} does not exist{Family(family)}"),
                SocketError.TryAgain => NameAnswer.Failed(ProbeReason.DnsServfail, $"the resolver of this host failed for {host}"),
                SocketError.NoData => NameAnswer.Failed(ProbeReason.DnsOther, $"{host} has no address{Family(family)}"),
                _ => NameAnswer.Failed(ProbeReason.DnsOther, $"{host} cannot be looked up: {error.Message}"),
            };
        }
        catch (ArgumentException error)
        {
            return NameAnswer.Failed(ProbeReason.DnsOther, $"{host} cannot be looked up: {error.Message}");
        }
    }

    private static string Family(AddressChoice family) => family switch { AddressChoice.V4 => " for IPv4", AddressChoice.V6 => " for IPv6", _ => "" };
}
