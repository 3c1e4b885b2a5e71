using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Scout.Checks.Paths;
using Scout.Testing;

namespace Scout.Checks.Tests.Lab;

/// <summary>
/// A way of three hops in network namespaces: <c>c - r1 - r2 - s</c>. The links are 10.77.1.0/24, 10.77.2.0/24 and 10.77.3.0/24, and fd77:1::/64 and so on; towards <c>s</c>
/// each link's device is called <c>north</c>, towards <c>c</c> <c>south</c>. Needs root and iproute2. One a test collection.
/// </summary>
public sealed partial class PathLab : IDisposable
{
    public const string Server = "10.77.3.2";
    public const string Server6 = "fd77:3::2";
    public const string Router1 = "10.77.1.1";
    public const string Router2 = "10.77.2.2";
    private const string Prefix = "scout-path-";
    private static readonly string[] Names = ["c", "r1", "r2", "s"];
    private readonly string own = $"{Prefix}{Environment.ProcessId}-";

    public PathLab()
    {
        if (Environment.UserName != "root" || !OperatingSystem.IsLinux())
        {
            Missing = "network namespaces need root";
            return;
        }

        RemoveLeftOvers();
        string script = $"""
            set -e
            for n in c r1 r2 s; do
              ip netns add {own}$n
              ip -n {own}$n link set lo up
              ip netns exec {own}$n sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv4/icmp_ratemask
                echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad 2>/dev/null; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit 2>/dev/null; true'
            done
            link() {"{"} # from, its device, to, its device, number of the net
              ip -n {own}$1 link add $2 type veth peer name $4 netns {own}$3
              ip -n {own}$1 addr add 10.77.$5.$6/24 dev $2; ip -n {own}$3 addr add 10.77.$5.$7/24 dev $4
              ip -n {own}$1 addr add fd77:$5::$6/64 dev $2 nodad || true; ip -n {own}$3 addr add fd77:$5::$7/64 dev $4 nodad || true
              ip -n {own}$1 link set $2 up; ip -n {own}$3 link set $4 up
            {"}"}
            link c north r1 south 1 2 1
            link r1 north r2 south 2 1 2
            link r2 north s south 3 1 2
            for v in "-4 10.77" "-6 fd77:"; do
              set -- $v
              [ "$1" = -4 ] && dot=. || dot=
              [ "$1" = -4 ] && end=.0/24 || end=::/64
              [ "$1" = -4 ] && one=.1 || one=::1
              [ "$1" = -4 ] && two=.2 || two=::2
              ip $1 -n {own}c route add default via $2$dot"1"$one
              ip $1 -n {own}r1 route add $2$dot"3"$end via $2$dot"2"$two
              ip $1 -n {own}r2 route add $2$dot"1"$end via $2$dot"2"$one
              ip $1 -n {own}s route add default via $2$dot"3"$one
            done
            """;
        if (!Shell(script, out string error)) Missing = $"no network of namespaces can be built here: {error}";
        else if (!IsReady(Server) || !IsReady(Server6)) Missing = "packets do not pass the network of namespaces";
    }

    /// <summary>Why there is no lab; empty when there is one.</summary>
    public string Missing { get; } = "";

    /// <summary>Skips the test, or fails it with SCOUT_REQUIRE_NETNS=1, when there is no lab.</summary>
    public void Require()
    {
        if (Missing.Length > 0) throw SkipTestException.Because(Missing, "SCOUT_REQUIRE_NETNS");
    }

    /// <summary>Runs a command in one of <c>c r1 r2 s</c>.</summary>
    public void Command(string where, string command) =>
        Assert.True(Shell($"ip netns exec {own}{where} sh -c '{command}'", out string error), error);

    /// <summary>Calls a function on a thread inside a namespace: the sockets it makes stay there.</summary>
    public T In<T>(string where, Func<T> make)
    {
        T? made = default;
        Exception? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter($"/run/netns/{own}{where}");
                made = make();
            }
            catch (Exception error)
            {
                failed = error;
            }
        });
        thread.Start();
        thread.Join();
        return failed is null ? made! : throw new InvalidOperationException(failed.Message, failed);
    }

    public void Dispose() => Shell(string.Join('\n', Names.Select(name => $"ip netns del {own}{name} 2>/dev/null || true")), out _);

    /// <summary>Addresses of IPv6 take a moment until they may be used.</summary>
    private bool IsReady(string host)
    {
        var target = new IPEndPoint(IPAddress.Parse(host), 9);
        var options = new Scout.Checks.Paths.TraceOptions { StepTimeout = TimeSpan.FromMilliseconds(100), MostSilent = 1 };
        for (int tries = 0; tries < 50; tries++)
        {
            if (In("c", () => PathTrace.RunAsync(target, options, TimeProvider.System, CancellationToken.None)).Result.End == TraceEnd.Reached) return true;
        }

        return false;
    }

    /// <summary>Of runs that were killed.</summary>
    private static void RemoveLeftOvers()
    {
        if (!Directory.Exists("/run/netns")) return;
        foreach (string path in Directory.GetFiles("/run/netns", Prefix + "*"))
        {
            string name = Path.GetFileName(path);
            string pid = name[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists($"/proc/{pid}")) Shell($"ip netns del {name}", out _);
        }
    }

    private static bool Shell(string script, out string error)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardError = true, UseShellExecute = false })!;
        error = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static void Enter(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path);
        const int network = 0x40000000;
        if (setns((int)handle.DangerousGetHandle(), network) != 0) throw new InvalidOperationException($"setns: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int kind);
}

/// <summary>Tests that share the lab.</summary>
[CollectionDefinition("path lab")]
public sealed class PathLabCollection : ICollectionFixture<PathLab>;
