using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Scout.Traffic.Accounting;
using Scout.Traffic.Cgroups;
using Scout.Traffic.Collecting;
using Scout.Traffic.Kernel;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Probing;

/// <summary>Tries whether the accounting can run here, step by step, and says why not. Leaves nothing behind.</summary>
public sealed class TrafficProbe
{
    private const string Example = "10.244.1.10";
    private const int Payload = 100;
    private const uint Repeats = 20_000;
    private static readonly string[] Names = ["platform", "kernel", "cgroup2", "root", "maps and programs", "run", "attach"];
    private readonly string? root;
    private readonly Func<IBpfCalls> open;
    private readonly TimeProvider time;
    private readonly List<ProbeStep> steps = [];

    private TrafficProbe(string? root, Func<IBpfCalls> open, TimeProvider time)
    {
        this.root = root;
        this.open = open;
        this.time = time;
    }

    /// <summary>Runs all steps, until one fails.</summary>
    /// <param name="cgroupRoot">The setting; null looks for the pods' cgroup. That none is there is no failure: it may come.</param>
    /// <param name="time">For the cost of a packet.</param>
    public static TrafficProbeReport Run(string? cgroupRoot, TimeProvider time) => Run(cgroupRoot, LinuxBpf.Open, time);

    internal static TrafficProbeReport Run(string? cgroupRoot, Func<IBpfCalls> open, TimeProvider time) => new TrafficProbe(cgroupRoot, open, time).Run();

    private static string Describe(Exception error, bool attaching)
    {
        if (error is not BpfException bpf) return "";
        bool beforeCapBpf = Bpf.IsBefore(5, 8);
        return bpf.Errno switch
        {
            Errno.NotPermitted or Errno.NoAccess when bpf.VerifierLog.Length == 0 => Privileges.Read().Explain(attaching, beforeCapBpf),
            Errno.NotImplemented => "the kernel was built without CONFIG_BPF_SYSCALL",
            Errno.Invalid when attaching => "the kernel was built without CONFIG_CGROUP_BPF",
            _ => "",
        };
    }

    private TrafficProbeReport Run()
    {
        if (Platform() && Kernel() && Mounts() is { } mounts && Root(mounts, out string? found) && Load() is { } kernel)
        {
            using (kernel)
            {
                if (TestRun(kernel)) Attach(kernel, found ?? OwnCgroup(mounts));
            }
        }

        steps.AddRange(Names.Skip(steps.Count).Select(name => new ProbeStep(name, ProbeOutcome.Skipped, "not tried")));
        return new TrafficProbeReport(steps);
    }

    private bool Ok(string text, string note = "")
    {
        steps.Add(new ProbeStep(Names[steps.Count], note.Length > 0 ? ProbeOutcome.Note : ProbeOutcome.Ok, text, note));
        return true;
    }

    private bool Fail(string text, string advice = "")
    {
        steps.Add(new ProbeStep(Names[steps.Count], ProbeOutcome.Failed, text, advice));
        return false;
    }

    private bool Platform() => LinuxBpf.IsSupported
        ? Ok($"Linux on {RuntimeInformation.ProcessArchitecture}")
        : Fail($"{RuntimeInformation.OSDescription} on {RuntimeInformation.ProcessArchitecture}", "eBPF accounting is for 64-bit little-endian Linux");

    private bool Kernel()
    {
        string version = Environment.OSVersion.Version.ToString(3);
        if (Bpf.IsBefore(5, 3)) return Fail($"Linux {version}", "5.3 is the oldest that tells a program the cgroup of a packet");
        bool mayLose = Bpf.IsBefore(5, 15) && LegacyHierarchies().Length > 0;
        return Ok($"Linux {version}", mayLose
            ? $"{LegacyHierarchies()} in use: before 5.15 sockets may lose their cgroup (kernel commit 8520e224f547); boot with cgroup_no_v1=net_prio,net_cls"
            : "");
    }

    private static string LegacyHierarchies()
    {
        try
        {
            return string.Join(" and ", File.ReadLines("/proc/cgroups").Select(line => line.Split('\t'))
                .Where(fields => fields is ["net_cls" or "net_prio", not "0", ..]).Select(fields => fields[0]));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private IReadOnlyList<CgroupMount>? Mounts()
    {
        IReadOnlyList<CgroupMount> mounts = CgroupMounts.Read();
        if (mounts.Count > 0) Ok(string.Join(", ", mounts.Select(mount => mount.Path)));
        else Fail("no cgroup2 is mounted here", "in a pod, mount the host's /sys/fs/cgroup read-only");
        return mounts.Count > 0 ? mounts : null;
    }

    private bool Root(IReadOnlyList<CgroupMount> mounts, out string? found)
    {
        string? told = root ?? Environment.GetEnvironmentVariable(CgroupRoot.Variable);
        found = CgroupRoot.Find(told, mounts, Directory.Exists, out string reason);
        if (found is not null) return Ok(found);
        return told is null ? Ok("none yet", reason) : Fail(reason);
    }

    private TrafficKernel? Load()
    {
        try
        {
            var kernel = TrafficKernel.Load(open(), new TrafficOptions { MaxPeers = 16, MaxCounters = 16 }, PossibleCpus.Read());
            bool slow = !Privileges.Read().CanPerfmon;
            Ok($"3 maps, 2 programs{(kernel.Access == HeaderAccess.Copy ? ", headers copied" : "")}",
                slow ? "CAP_PERFMON is missing: the kernel guards against speculation, and a packet costs more than twice as much" : "");
            return kernel;
        }
        catch (Exception error) when (error is BpfException or IOException or FormatException)
        {
            Fail(error.Message, Describe(error, attaching: false));
            return null;
        }
    }

    /// <summary>One packet must be counted exactly, then many are timed.</summary>
    private bool TestRun(TrafficKernel kernel)
    {
        byte[] packet = ProbePackets.Datagram(IPAddress.Loopback, IPAddress.Parse(Example), 40000, 53, Payload);
        try
        {
            int verdict = kernel.Egress.Run(packet);
            var rows = new List<CounterRow>();
            kernel.ReadCounters(rows);
            var expected = new Volume((ulong)(packet.Length - ProbePackets.EthernetLength), 1);
            if (verdict != 1) return Fail($"the verdict on a packet was {verdict} and not 1");
            if (rows.Count != 1 || rows[0].Value != expected) return Fail($"one packet of {expected.Bytes} bytes was counted as {(rows.Count == 0 ? "nothing" : rows[0].Value.ToString())}");

            long begin = time.GetTimestamp();
            bool whole = kernel.Egress.TryRun(packet, Repeats) >= 0;
            double cost = time.GetElapsedTime(begin).TotalNanoseconds / Repeats;
            string text = whole ? string.Create(CultureInfo.InvariantCulture, $"one packet counted exactly, {cost:0} ns a packet") : "one packet counted exactly";
            return Ok(text + (kernel.InBatches ? ", read in batches" : ", read entry by entry (before 5.6)"));
        }
        catch (BpfException error)
        {
            return Fail(error.Message, Describe(error, attaching: false));
        }
    }

    /// <summary>Loading proves little: without NET_ADMIN it succeeds, and the attachment is refused.</summary>
    private void Attach(TrafficKernel kernel, string? cgroup)
    {
        if (cgroup is null)
        {
            Fail("this process has no cgroup to try an attachment on", "set traffic.cgroup_root");
            return;
        }

        try
        {
            kernel.Attach(cgroup);
            bool byLink = kernel.ByLink;
            kernel.Detach();
            Ok($"on {cgroup}, {(byLink ? "by link" : "without links (before 5.7): a killed Scout is detached by the next one")}");
        }
        catch (Exception error) when (error is BpfException or IOException)
        {
            Fail(error.Message, Describe(error, attaching: true));
        }
    }

    /// <summary>Of the unified hierarchy.</summary>
    private static string? OwnCgroup(IReadOnlyList<CgroupMount> mounts)
    {
        try
        {
            string? line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(entry => entry.StartsWith("0::", StringComparison.Ordinal));
            return line is null ? null
                : mounts.Select(mount => Path.Join(mount.Path, line["0::".Length..]).TrimEnd('/')).FirstOrDefault(Directory.Exists)
                    ?? mounts.Select(mount => mount.Path).FirstOrDefault(Directory.Exists);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
