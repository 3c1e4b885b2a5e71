using System.Runtime.InteropServices;
using Scout.Checks.Stamp;

namespace Scout.Checks.Sockets;

/// <summary>
/// Room for a few packets that are read, and answered, with one call each (<c>recvmmsg</c>, <c>sendmmsg</c>); memory of its own, nothing is allocated per packet. One
/// thread at a time.
/// </summary>
public sealed unsafe class DatagramBatch : IDisposable
{
    private const int ControlSize = 128;
    private const int PacketInfoSize = 40;

    private readonly int size;
    private readonly byte* block;
    private readonly BatchHeader* received;
    private readonly BatchHeader* replies;
    private readonly Part* parts;
    private readonly Part* replyParts;
    private readonly byte* addresses;
    private readonly byte* controls;
    private readonly byte* replyControls;
    private readonly byte* data;
    private readonly byte* replyData;
    private int replyCount;
    private bool disposed;

    /// <param name="capacity">Packets.</param>
    /// <param name="size">Octets of the longest packet; longer ones are cut and told as <see cref="IsCut"/>.</param>
    /// <param name="answers">Whether it holds room for answers.</param>
    public DatagramBatch(int capacity, int size, bool answers)
    {
        Capacity = capacity;
        this.size = size;
        nuint headers = (nuint)(capacity * (sizeof(BatchHeader) + sizeof(Part))) * 2;
        nuint small = (nuint)(capacity * (32 + ControlSize + PacketInfoSize));
        nuint big = (nuint)(capacity * size) * (answers ? 2u : 1u);
        block = (byte*)NativeMemory.AllocZeroed(headers + small + big);
        received = (BatchHeader*)block;
        replies = received + capacity;
        parts = (Part*)(replies + capacity);
        replyParts = parts + capacity;
        addresses = (byte*)(replyParts + capacity);
        controls = addresses + (capacity * 32);
        replyControls = controls + (capacity * ControlSize);
        data = replyControls + (capacity * PacketInfoSize);
        replyData = answers ? data + (capacity * size) : null;
        for (int i = 0; i < capacity; i++)
        {
            parts[i] = new Part { Data = data + (i * size), Length = (nuint)size };
            received[i].Message = new MessageHeader { Address = addresses + (i * 32), Parts = parts + i, PartCount = 1, Control = controls + (i * ControlSize) };
        }
    }

    public int Capacity { get; }

    /// <summary>Reads what is there.</summary>
    /// <param name="wait">Wait for the first packet (on a blocking socket).</param>
    /// <returns>How many packets, or minus the error number.</returns>
    public int Receive(DatagramSocket socket, bool wait)
    {
        for (int i = 0; i < Capacity; i++)
        {
            ref MessageHeader message = ref received[i].Message;
            message.AddressLength = RawAddress.Size;
            message.ControlLength = ControlSize;
            message.Flags = 0;
        }

        replyCount = 0;
        int count = SocketCalls.recvmmsg(socket.Descriptor, received, (uint)Capacity, wait ? SocketCalls.MessageWaitForOne : SocketCalls.MessageDontWait, null);
        return count >= 0 ? count : -SocketCalls.Errno;
    }

    public ReadOnlySpan<byte> Packet(int index) => new(parts[index].Data, (int)Math.Min(received[index].Length, (uint)size));

    public bool IsCut(int index) => (received[index].Message.Flags & SocketCalls.MessageTruncated) != 0;

    public bool HasSource(int index) => received[index].Message.AddressLength >= 16;

    public StampSource Source(int index) => RawAddress.Source(received[index].Message.Address);

    /// <summary>Reads the control data of a packet.</summary>
    /// <param name="stamp">When the kernel got it, Unix ns; 0 when not known.</param>
    /// <param name="ttl">TTL or hop limit it arrived with; 255 when not known.</param>
    public void ReadControl(int index, out long stamp, out byte ttl)
    {
        ref MessageHeader message = ref received[index].Message;
        stamp = 0;
        ttl = 255;
        byte* control = message.Control;
        for (nuint at = 0; at + (nuint)sizeof(ControlHeader) <= message.ControlLength;)
        {
            var header = (ControlHeader*)(control + at);
            byte* value = control + at + sizeof(ControlHeader);
            switch (header->Level, header->Type)
            {
                case (SocketCalls.LevelSocket, SocketCalls.TimestampNanoseconds):
                    stamp = (((long*)value)[0] * 1_000_000_000) + ((long*)value)[1];
                    break;
                case (SocketCalls.LevelIp, SocketCalls.IpTtl):
                case (SocketCalls.LevelIp6, SocketCalls.Ip6HopLimit):
                    ttl = (byte)*(int*)value;
                    break;
            }

            if (header->Length < (nuint)sizeof(ControlHeader)) break;
            at += (header->Length + 7) & ~(nuint)7;
        }
    }

    /// <summary>Room for the answer to a packet.</summary>
    public Span<byte> Reply(int index) => new(replyData + (index * size), size);

    /// <summary>The answer to a packet is ready; it goes back to where that came from, from the address it came to.</summary>
    public void SetReply(int index, int length)
    {
        int at = replyCount++;
        replyParts[at] = new Part { Data = replyData + (index * size), Length = (nuint)length };
        byte* control = replyControls + (at * PacketInfoSize);
        replies[at] = new BatchHeader
        {
            Message = new MessageHeader
            {
                Address = received[index].Message.Address,
                AddressLength = received[index].Message.AddressLength,
                Parts = replyParts + at,
                PartCount = 1,
                Control = control,
                ControlLength = CopyDestination(index, control),
            },
        };
    }

    /// <summary>Sends the answers; what the kernel does not take is dropped, as a network would.</summary>
    /// <returns>How many left.</returns>
    public int SendReplies(DatagramSocket socket)
    {
        int sent = 0;
        int at = 0;
        while (at < replyCount)
        {
            int count = SocketCalls.sendmmsg(socket.Descriptor, replies + at, (uint)(replyCount - at), SocketCalls.MessageDontWait | SocketCalls.MessageNoSignal);
            if (count > 0) sent += count;

            // The first of the rest was refused: leave it out.
            at += Math.Max(count, 1);
        }

        replyCount = 0;
        return sent;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        NativeMemory.Free(block);
    }

    /// <summary>Own address of the packet as control data of the answer; the interface is left to the routes, except for link-local addresses.</summary>
    private nuint CopyDestination(int index, byte* to)
    {
        ref MessageHeader message = ref received[index].Message;
        for (nuint at = 0; at + (nuint)sizeof(ControlHeader) <= message.ControlLength;)
        {
            var header = (ControlHeader*)(message.Control + at);
            byte* value = message.Control + at + sizeof(ControlHeader);
            if (header->Level == SocketCalls.LevelIp6 && header->Type == SocketCalls.Ip6PacketInfo)
            {
                *(ControlHeader*)to = new ControlHeader { Length = (nuint)sizeof(ControlHeader) + 20, Level = SocketCalls.LevelIp6, Type = SocketCalls.Ip6PacketInfo };
                new ReadOnlySpan<byte>(value, 20).CopyTo(new Span<byte>(to + sizeof(ControlHeader), 20));
                bool linkLocal = value[0] == 0xFE && (value[1] & 0xC0) == 0x80;
                if (!linkLocal) *(int*)(to + sizeof(ControlHeader) + 16) = 0;
                return PacketInfoSize;
            }

            if (header->Level == SocketCalls.LevelIp && header->Type == SocketCalls.IpPacketInfo)
            {
                // in_pktinfo: interface, the local address to send from, the address in the header.
                *(ControlHeader*)to = new ControlHeader { Length = (nuint)sizeof(ControlHeader) + 12, Level = SocketCalls.LevelIp, Type = SocketCalls.IpPacketInfo };
                *(int*)(to + sizeof(ControlHeader)) = 0;
                *(int*)(to + sizeof(ControlHeader) + 4) = *(int*)(value + 4);
                *(int*)(to + sizeof(ControlHeader) + 8) = 0;
                return (nuint)sizeof(ControlHeader) + 16;
            }

            if (header->Length < (nuint)sizeof(ControlHeader)) break;
            at += (header->Length + 7) & ~(nuint)7;
        }

        return 0;
    }
}
