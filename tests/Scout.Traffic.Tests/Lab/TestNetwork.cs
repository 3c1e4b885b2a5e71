using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Scout.Testing;

namespace Scout.Traffic.Tests.Lab;

/// <summary>
/// A node and two pods in network namespaces without names: nothing is left of them when this process ends. A is 10.244.1.10, B 10.244.2.10, and the node translates
/// 10.96.0.10 udp 53 to 10.244.2.10:5353, as kube-proxy does.
/// </summary>
internal sealed partial class TestNetwork : IDisposable
{
    public const string A = "10.244.1.10";
    public const string B = "10.244.2.10";
    public const string ClusterIp = "10.96.0.10";
    public const int ServicePort = 53;
    public const int TargetPort = 5353;
    private const int NewNetwork = 0x40000000;

    public TestNetwork()
    {
        Node = Unshare();
        PodA = Unshare();
        PodB = Unshare();
        Script(Node, $$"""
            set -e
            ip link set lo up
            echo 1 > /proc/sys/net/ipv4/ip_forward
            ip link add pod-a type veth peer name eth0 netns {{Name(PodA)}}
            ip link add pod-b type veth peer name eth0 netns {{Name(PodB)}}
            ip addr add 10.244.1.1/24 dev pod-a; ip link set pod-a up
            ip addr add 10.244.2.1/24 dev pod-b; ip link set pod-b up
            ip route add 10.96.0.0/16 via 10.244.2.10
            nft -f - <<'EOF'
            table ip nat {
              chain pre { type nat hook prerouting priority -100; ip daddr 10.96.0.10 udp dport 53 dnat to 10.244.2.10:5353; }
              chain out { type nat hook output priority -100; ip daddr 10.96.0.10 udp dport 53 dnat to 10.244.2.10:5353; }
            }
            EOF
            """);
        Script(PodA, "set -e; ip link set lo up; ip addr add 10.244.1.10/24 dev eth0; ip link set eth0 up; ip route add default via 10.244.1.1");
        Script(PodB, "set -e; ip link set lo up; ip addr add 10.244.2.10/24 dev eth0; ip link set eth0 up; ip route add default via 10.244.2.1");
    }

    public SafeFileHandle Node { get; }

    public SafeFileHandle PodA { get; }

    public SafeFileHandle PodB { get; }

    /// <summary>Calls a function on a thread inside a namespace: the sockets it makes stay there.</summary>
    public static T In<T>(SafeFileHandle network, Func<T> make) => OnThread(() =>
    {
        if (setns((int)network.DangerousGetHandle(), NewNetwork) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        return make();
    });

    public void Dispose()
    {
        Node.Dispose();
        PodA.Dispose();
        PodB.Dispose();
    }

    private static string Name(SafeFileHandle network) => $"/proc/{Environment.ProcessId}/fd/{network.DangerousGetHandle()}";

    private static SafeFileHandle Unshare() => OnThread(() =>
    {
        if (unshare(NewNetwork) != 0) throw SkipTestException.Because("no network namespace can be made here", KernelLab.Variable);
        return File.OpenHandle("/proc/thread-self/ns/net");
    });

    private static T OnThread<T>(Func<T> make)
    {
        T? made = default;
        Exception? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
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

    private static void Script(SafeFileHandle network, string script)
    {
        var start = new ProcessStartInfo("nsenter", [$"--net={Name(network)}", "sh", "-c", script]) { RedirectStandardError = true, UseShellExecute = false };
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw SkipTestException.Because($"no network of namespaces can be built here: {error.Trim()}", KernelLab.Variable);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
