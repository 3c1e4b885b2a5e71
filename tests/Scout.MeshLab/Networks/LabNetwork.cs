using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Scout.MeshLab.Networks;

/// <summary>
/// Hosts on one switch: a namespace each, a veth pair to a bridge that lives in a namespace of its own. Faults are made on the switch, as in a real
/// network: no host is told that a packet was dropped. Everything goes when this is disposed, and also when the test program is killed.
/// </summary>
internal sealed class LabNetwork : IDisposable
{
    /// <summary>Only the broker has this address; on every host 127.0.0.1:4222 leads to it, because nodes without credentials want a loopback address.</summary>
    private const string BrokerAddress = "10.77.0.1";

    private readonly string tag;
    private Process? reaper;
    private IReadOnlyList<string> standing = [];
    private readonly Dictionary<string, string> addresses;

    private LabNetwork(string tag, IReadOnlyList<LabHost> hosts, Process reaper)
    {
        this.tag = tag;
        this.reaper = reaper;
        addresses = hosts.ToDictionary(host => host.Name, host => host.Address);
    }

    public string Switch => Namespace("switch");

    /// <summary>Why there can be no such network here, or null.</summary>
    public static string? Missing()
    {
        if (Environment.UserName != "root") return "the lab needs root for network namespaces";
        foreach ((string tool, string package) in (ReadOnlySpan<(string, string)>)[("ip", "iproute2"), ("nft", "nftables"), ("sysctl", "procps"), ("setsid", "util-linux")])
        {
            if (Tool.Find(tool) is null) return $"'{tool}' is missing (Debian package {package})";
        }

        string probe = $"scoutprobe{Environment.ProcessId}";
        string script = $$"""
            set -e
            trap 'ip netns del {{probe}}' EXIT
            ip netns add {{probe}}
            ip -n {{probe}} link add br0 type bridge
            ip -n {{probe}} link add v0 type veth peer name v1
            ip netns exec {{probe}} nft -f - <<'END'
            table bridge lab {
              chain faults {
                type filter hook forward priority 0;
                iifname "v0" numgen random mod 100 < 50 drop
              }
            }
            END
            """;
        (int code, string output) = Tool.Try(script, "/bin/sh");
        return code == 0 ? null : "this kernel gives no network namespace with a bridge and nftables: " + output.Trim().Split('\n')[0];
    }

    /// <summary>Builds it. Hosts get <c>eth0</c> with their address in 10.77.0.0/16; the broker's host is made besides.</summary>
    public static LabNetwork Create(IReadOnlyList<LabHost> hosts)
    {
        // Short: the names of interfaces may have 15 characters, those of namespaces are read by people.
        string mark = string.Create(CultureInfo.InvariantCulture, $"scout{Environment.ProcessId}");
        LabHost[] all = [new("broker", BrokerAddress), .. hosts];
        var network = new LabNetwork(mark, all, StartReaper(mark));
        try
        {
            Tool.Run(network.BuildScript(all), "/bin/sh");
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    public string Namespace(string host) => $"{tag}-{host}";

    public string AddressOf(string host) => addresses[host];

    /// <summary>Faults that <see cref="Heal"/> does not heal.</summary>
    public void Always(params string[] rules)
    {
        standing = rules;
        Heal();
    }

    /// <summary>Replaces all faults by these rules of nftables; a host's port on the switch is <c>p_HOST</c>.</summary>
    public void Fault(params string[] rules)
    {
        var text = new StringBuilder("flush chain bridge lab faults\n");
        foreach (string rule in (string[])[.. standing, .. rules]) text.Append("add rule bridge lab faults ").Append(rule).Append('\n');
        Tool.Run(text.ToString(), "ip", "netns", "exec", Switch, "nft", "-f", "-");
    }

    /// <summary>No faults any more.</summary>
    public void Heal() => Fault();

    /// <summary>A command of <c>ip</c> on the switch.</summary>
    public void OnSwitch(params string[] arguments) => Tool.Run("", "ip", ["-n", Switch, .. arguments]);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref reaper, null) is not { } ending) return;
        // The end of its input is what it waits for.
        ending.StandardInput.Close();
        if (!ending.WaitForExit(TimeSpan.FromSeconds(20))) ending.Kill();
        ending.Dispose();
    }

    // Outlives even a kill -9 of the test program: it waits for the end of a pipe, then ends what runs in the namespaces of this tag and removes them.
    private static Process StartReaper(string mark)
    {
        string script = $$"""
            trap '' INT TERM HUP
            cat >/dev/null
            for name in $(ip netns list | awk '/^{{mark}}-/ { print $1 }'); do
              for pid in $(ip netns pids "$name"); do kill -9 "$pid" 2>/dev/null; done
              ip netns del "$name"
            done
            """;
        var start = new ProcessStartInfo("setsid", ["sh", "-c", script]) { RedirectStandardInput = true, UseShellExecute = false };
        return Process.Start(start) ?? throw new InvalidOperationException("the reaper did not start");
    }

    private string BuildScript(IReadOnlyList<LabHost> hosts)
    {
        string hub = Switch;
        var script = new StringBuilder("set -e\n");
        script.Append(CultureInfo.InvariantCulture, $"ip netns add {hub}\nip -n {hub} link set lo up\n");
        // A switch that learns at once and sends no packets of its own.
        script.Append(CultureInfo.InvariantCulture, $"ip -n {hub} link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0\nip -n {hub} link set br0 up\n");
        script.Append(CultureInfo.InvariantCulture, $"ip netns exec {hub} nft -f - <<'END'\ntable bridge lab {{\n  chain faults {{\n    type filter hook forward priority 0;\n  }}\n}}\nEND\n");
        foreach (LabHost host in hosts)
        {
            string name = Namespace(host.Name);
            script.Append(CultureInfo.InvariantCulture, $$"""
                ip netns add {{name}}
                ip -n {{hub}} link add p_{{host.Name}} type veth peer name eth0 netns {{name}}
                ip -n {{hub}} link set p_{{host.Name}} master br0 up
                ip -n {{name}} addr add {{host.Address}}/16 dev eth0
                ip -n {{name}} link set lo up
                ip -n {{name}} link set eth0 up
                ip -n {{name}} route add default dev eth0
                ip netns exec {{name}} sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.eth0.route_localnet=1 net.ipv6.conf.all.disable_ipv6=1

                """);
            script.Append(host.Name == "broker" ? Inbound(name) : Outbound(name));
        }

        return script.ToString();
    }

    private static string Inbound(string name) => $$"""
        ip netns exec {{name}} nft -f - <<'END'
        table ip lab {
          chain arriving {
            type nat hook prerouting priority -100;
            iifname "eth0" tcp dport 4222 dnat to 127.0.0.1:4222
          }
        }
        END

        """;

    private static string Outbound(string name) => $$"""
        ip netns exec {{name}} nft -f - <<'END'
        table ip lab {
          chain leaving {
            type nat hook output priority -100;
            ip daddr 127.0.0.1 tcp dport 4222 dnat to {{BrokerAddress}}:4222
          }
          chain left {
            type nat hook postrouting priority 100;
            oifname "eth0" ip saddr 127.0.0.0/8 masquerade
          }
        }
        END

        """;
}

/// <summary>A host of the lab.</summary>
internal sealed record LabHost(string Name, string Address);
