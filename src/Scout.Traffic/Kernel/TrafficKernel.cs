using System.Buffers.Binary;
using Scout.Traffic.Accounting;
using Scout.Traffic.Names;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Kernel;

/// <summary>The real one: three maps, two programs, an attachment.</summary>
internal sealed class TrafficKernel : ITrafficKernel, IPeerMap
{
    private const double NanosecondsPerSecond = 1e9;
    private readonly IBpfCalls calls;
    private readonly IAttachMemory? memory;
    private readonly CounterReader reader;
    private readonly BpfMap peers;
    private readonly BpfMap counters;
    private readonly BpfMap overflow;
    private readonly BpfHandle? stats;
    private CgroupAttachment? attachment;

    private TrafficKernel(IBpfCalls calls, IAttachMemory? memory, CounterReader reader, Maps maps, BpfProgram egress, BpfProgram ingress, HeaderAccess access, BpfHandle? stats)
    {
        this.calls = calls;
        this.memory = memory;
        this.reader = reader;
        this.stats = stats;
        (peers, counters, overflow) = (maps.Peers, maps.Counters, maps.Overflow);
        Egress = egress;
        Ingress = ingress;
        Access = access;
    }

    public BpfProgram Egress { get; }

    public BpfProgram Ingress { get; }

    public HeaderAccess Access { get; }

    public IPeerMap Peers => this;

    public int Capacity => peers.Capacity;

    public int CounterCapacity => counters.Capacity;

    public bool IsAttached => attachment is not null;

    public bool ByLink => attachment?.ByLink ?? false;

    public bool InBatches => reader.InBatches;

    public ulong? AttachedCgroup => attachment?.CgroupId();

    /// <summary>Makes the maps and loads the programs. Where the verifier refuses packet loads, the form without them is loaded.</summary>
    /// <exception cref="BpfException">The kernel refused; nothing stays behind.</exception>
    public static TrafficKernel Load(IBpfCalls calls, TrafficOptions options, int cpus, IAttachMemory? memory = null)
    {
        Maps maps = Maps.Create(calls, options.MaxPeers, options.MaxCounters);
        BpfProgram? egress = null;
        try
        {
            HeaderAccess access = HeaderAccess.Direct;
            try
            {
                egress = LoadProgram(calls, maps, TrafficDirection.Transmit, access);
            }
            catch (BpfException refused) when (refused.Errno == Errno.NoAccess && refused.VerifierLog.Length > 0)
            {
                access = HeaderAccess.Copy;
                egress = LoadProgram(calls, maps, TrafficDirection.Transmit, access);
            }

            BpfProgram ingress = LoadProgram(calls, maps, TrafficDirection.Receive, access);
            if (memory is not null) CgroupAttachment.CleanUp(calls, memory, BootId.Read());
            return new TrafficKernel(calls, memory, new CounterReader(calls, cpus), maps, egress, ingress, access, options.ProgramStats ? EnableStats(calls) : null);
        }
        catch (BpfException)
        {
            egress?.Dispose();
            maps.Dispose();
            throw;
        }
    }

    public void Attach(string root)
    {
        Detach();
        attachment = CgroupAttachment.Attach(calls, root, Egress, Ingress, memory);
    }

    public void Detach()
    {
        attachment?.Dispose();
        attachment = null;
    }

    public void ReadCounters(List<CounterRow> rows) => reader.Read(counters, rows);

    public TwoWay ReadOverflow() =>
        new(reader.ReadElement(overflow, (uint)TrafficDirection.Receive), reader.ReadElement(overflow, (uint)TrafficDirection.Transmit));

    public void Delete(CounterKey key)
    {
        Span<byte> bytes = stackalloc byte[AccountingProgram.CounterKeySize];
        key.Write(bytes);
        counters.Delete(bytes);
    }

    public bool TrySet(PeerKey key, uint peer)
    {
        Span<byte> bytes = stackalloc byte[AccountingProgram.PeerKeySize];
        Span<byte> value = stackalloc byte[sizeof(uint)];
        key.Write(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(value, peer);
        return peers.TryUpdate(bytes, value);
    }

    public void Remove(PeerKey key)
    {
        Span<byte> bytes = stackalloc byte[AccountingProgram.PeerKeySize];
        key.Write(bytes);
        peers.Delete(bytes);
    }

    public IReadOnlyList<ProgramUse> ProgramUse() => stats is null ? [] : [Use(Ingress), Use(Egress)];

    /// <summary>Links, programs, maps, in this order.</summary>
    public void Dispose()
    {
        Detach();
        stats?.Dispose();
        Egress.Dispose();
        Ingress.Dispose();
        peers.Dispose();
        counters.Dispose();
        overflow.Dispose();
    }

    private static ProgramUse Use(BpfProgram program)
    {
        ProgramInfo info = program.Info();
        return new ProgramUse(program.Direction, info.RunNanoseconds / NanosecondsPerSecond, (long)info.Runs);
    }

    private static BpfProgram LoadProgram(IBpfCalls calls, Maps maps, TrafficDirection direction, HeaderAccess access)
    {
        using BpfHandle.Lease p = maps.Peers.Handle.Use();
        using BpfHandle.Lease c = maps.Counters.Handle.Use();
        using BpfHandle.Lease o = maps.Overflow.Handle.Use();
        return BpfProgram.Load(calls, direction, AccountingProgram.Assemble(direction, new MapFds(p.Fd, c.Fd, o.Fd), access));
    }

    /// <summary>The kernel measures as long as this is open; null before 5.8.</summary>
    private static unsafe BpfHandle? EnableStats(IBpfCalls calls)
    {
        EnableStatsAttributes attributes = default;
        int fd = calls.Call(BpfCommand.EnableStats, &attributes, sizeof(EnableStatsAttributes));
        return fd < 0 ? null : new BpfHandle(calls, fd);
    }

    private sealed record Maps(BpfMap Peers, BpfMap Counters, BpfMap Overflow) : IDisposable
    {
        public static Maps Create(IBpfCalls calls, int maxPeers, int maxCounters)
        {
            BpfMap? first = null;
            BpfMap? second = null;
            try
            {
                first = BpfMap.Create(calls, BpfMapType.Hash, "scout_peers", AccountingProgram.PeerKeySize, sizeof(uint), maxPeers);
                second = BpfMap.Create(calls, BpfMapType.PerCpuHash, "scout_counters", AccountingProgram.CounterKeySize, AccountingProgram.ValueSize, maxCounters);
                return new Maps(first, second, BpfMap.Create(calls, BpfMapType.PerCpuArray, "scout_overflow", sizeof(uint), AccountingProgram.ValueSize, 2));
            }
            catch (BpfException)
            {
                first?.Dispose();
                second?.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            Peers.Dispose();
            Counters.Dispose();
            Overflow.Dispose();
        }
    }
}
