using System.Buffers.Binary;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Tests.Programs;

/// <summary>
/// Runs programs of the accounting with maps of dictionaries. Every access must lie in the stack, the packet's linear part, the context's known fields or a map value, and the stack
/// must have been written before it is read.
/// </summary>
internal sealed class BpfInterpreter(MapFds maps)
{
    public const ulong Cgroup = 4711;
    private const ulong StackEnd = 0x7000_0000_0200;
    private const ulong Context = 0x6000_0000_0000;
    private const ulong Values = 0x5000_0000_0000;
    private const ulong Packet = 0x1000_0000; // the context's field has 32 bits
    private const int StackSize = 512;
    private readonly byte[] stack = new byte[StackSize];
    private readonly bool[] written = new bool[StackSize];
    private readonly List<byte[]> values = [];
    private byte[] packet = [];
    private int linear;
    private Dictionary<int, uint> context = [];

    public Dictionary<string, int> Peers { get; } = [];

    public Dictionary<string, int> Counters { get; } = [];

    public int CounterCapacity { get; set; } = 1000;

    public ulong[] Overflow { get; } = new ulong[4];

    public void SetPeer(ReadOnlySpan<byte> key, uint id)
    {
        byte[] value = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(value, id);
        values.Add(value);
        Peers[Convert.ToHexString(key)] = values.Count - 1;
    }

    public byte[] Value(int index) => values[index];

    /// <summary>Runs on an IP packet of which only the first bytes may be read where they lie.</summary>
    public ulong Run(ulong[] code, byte[] ip, int linearLength, ushort protocol, uint device, uint segments)
    {
        packet = ip;
        linear = linearLength;
        Array.Clear(written);
        context = new Dictionary<int, uint>
        {
            [0] = (uint)ip.Length,
            [16] = BinaryPrimitives.ReverseEndianness(protocol),
            [40] = device,
            [76] = (uint)Packet,
            [80] = (uint)(Packet + (ulong)linear),
            [164] = segments,
        };
        ulong[] r = new ulong[11];
        r[1] = Context;
        r[10] = StackEnd;
        for (int at = 0; ; at++)
        {
            ulong word = code[at];
            int to = (int)(word >> 8 & 0xf);
            int from = (int)(word >> 12 & 0xf);
            short offset = (short)(word >> 16);
            int value = (int)(word >> 32);
            switch ((byte)word)
            {
                case 0xbf: r[to] = r[from]; break;
                case 0xb7: r[to] = (ulong)value; break;
                case 0x0f: r[to] += r[from]; break;
                case 0x07: r[to] += (ulong)value; break;
                case 0x57: r[to] &= (ulong)value; break;
                case 0x61: r[to] = Load(r[from] + (ulong)offset, 4); break;
                case 0x69: r[to] = Load(r[from] + (ulong)offset, 2); break;
                case 0x71: r[to] = Load(r[from] + (ulong)offset, 1); break;
                case 0x79: r[to] = Load(r[from] + (ulong)offset, 8); break;
                case 0x63: Store(r[to] + (ulong)offset, 4, r[from]); break;
                case 0x6b: Store(r[to] + (ulong)offset, 2, r[from]); break;
                case 0x73: Store(r[to] + (ulong)offset, 1, r[from]); break;
                case 0x7b: Store(r[to] + (ulong)offset, 8, r[from]); break;
                case 0x62: Store(r[to] + (ulong)offset, 4, (ulong)value); break;
                case 0x6a: Store(r[to] + (ulong)offset, 2, (ulong)value); break;
                case 0x72: Store(r[to] + (ulong)offset, 1, (ulong)value); break;
                case 0x7a: Store(r[to] + (ulong)offset, 8, (ulong)value); break;
                case 0xdb: Store(r[to] + (ulong)offset, 8, Load(r[to] + (ulong)offset, 8) + r[from]); break;
                case 0x05: at += Forward(offset); break;
                case 0x15: at += r[to] == (ulong)value ? Forward(offset) : 0; break;
                case 0x55: at += r[to] != (ulong)value ? Forward(offset) : 0; break;
                case 0xbd: at += r[to] <= r[from] ? Forward(offset) : 0; break;
                case 0x18:
                    Assert.Equal(1, from);
                    r[to] = (ulong)value;
                    at++;
                    break;
                case 0x85:
                    r[0] = Call((Helper)value, r);
                    for (int lost = 1; lost <= 5; lost++) r[lost] = 0xdead_dead_dead_dead;
                    break;
                case 0x95: return r[0];
                default: throw new InvalidOperationException($"opcode {(byte)word:x2}");
            }
        }
    }

    private static int Forward(short offset) => offset >= 0 ? offset : throw new InvalidOperationException("a jump goes back");

    private ulong Call(Helper helper, ulong[] r)
    {
        switch (helper)
        {
            case Helper.CgroupId:
                Assert.Equal(Context, r[1]);
                return Cgroup;
            case Helper.LoadBytes:
                Assert.Equal(Context, r[1]);
                if (r[2] + r[4] > (ulong)packet.Length) return unchecked((ulong)-14);
                for (ulong i = 0; i < r[4]; i++) Store(r[3] + i, 1, packet[(int)(r[2] + i)]);
                return 0;
            case Helper.MapLookup when r[1] == (ulong)maps.Peers: return Found(Peers, Key(r[2], 20));
            case Helper.MapLookup when r[1] == (ulong)maps.Counters: return Found(Counters, Key(r[2], 16));
            case Helper.MapLookup when r[1] == (ulong)maps.Overflow:
                return Values + 0x1000_0000 + Load(r[2], 4) * 16;
            case Helper.MapUpdate when r[1] == (ulong)maps.Counters:
                Assert.Equal(1ul, r[4]);
                if (Counters.Count >= CounterCapacity) return unchecked((ulong)-7);
                byte[] value = new byte[16];
                for (ulong i = 0; i < 16; i++) value[i] = (byte)Load(r[3] + i, 1);
                values.Add(value);
                Counters.Add(Key(r[2], 16), values.Count - 1);
                return 0;
            default: throw new InvalidOperationException($"helper {helper}");
        }
    }

    private static ulong Found(Dictionary<string, int> map, string key) => map.TryGetValue(key, out int index) ? Values + (ulong)index * 16 : 0;

    private string Key(ulong at, int length) => Convert.ToHexString([.. Enumerable.Range(0, length).Select(i => (byte)Load(at + (ulong)i, 1))]);

    private ulong Load(ulong at, int size)
    {
        if (at >= Context && at < Context + 192)
        {
            Assert.Equal(4, size);
            return context[(int)(at - Context)];
        }

        ulong value = 0;
        for (int i = size - 1; i >= 0; i--) value = value << 8 | ByteAt(at + (ulong)i);
        return value;
    }

    private byte ByteAt(ulong at)
    {
        if (at >= StackEnd - StackSize && at < StackEnd)
        {
            int index = (int)(at - (StackEnd - StackSize));
            Assert.True(written[index], $"stack byte {index - StackSize} is read before it is written");
            return stack[index];
        }

        if (at >= Packet && at < Packet + (ulong)linear) return packet[(int)(at - Packet)];
        if (at >= Values + 0x1000_0000) return (byte)(Overflow[(at - Values - 0x1000_0000) / 8] >> (int)(at % 8 * 8));
        if (at >= Values) return values[(int)((at - Values) / 16)][(int)((at - Values) % 16)];
        throw new InvalidOperationException($"access outside: {at:x}");
    }

    private void Store(ulong at, int size, ulong value)
    {
        for (int i = 0; i < size; i++)
        {
            byte b = (byte)(value >> (8 * i));
            ulong place = at + (ulong)i;
            if (place >= StackEnd - StackSize && place < StackEnd)
            {
                stack[(int)(place - (StackEnd - StackSize))] = b;
                written[(int)(place - (StackEnd - StackSize))] = true;
            }
            else if (place >= Values + 0x1000_0000)
            {
                int index = (int)((place - Values - 0x1000_0000) / 8);
                int shift = (int)(place % 8 * 8);
                Overflow[index] = (Overflow[index] & ~(0xfful << shift)) | (ulong)b << shift;
            }
            else if (place >= Values)
            {
                values[(int)((place - Values) / 16)][(int)((place - Values) % 16)] = b;
            }
            else
            {
                throw new InvalidOperationException($"store outside: {place:x}");
            }
        }
    }
}
