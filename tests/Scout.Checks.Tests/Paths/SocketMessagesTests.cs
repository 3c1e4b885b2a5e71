using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Scout.Checks.Paths;
using Scout.Checks.Paths.Native;

namespace Scout.Checks.Tests.Paths;

public sealed class SocketMessagesTests
{
    [Fact]
    public void Ttl_and_hop_limit_are_read()
    {
        Assert.Equal(61, SocketMessages.ReadControl(Control(0, 2, Int(61))).Ttl);
        Assert.Equal(62, SocketMessages.ReadControl(Control(41, 52, Int(62))).Ttl);
        Assert.Equal(63, SocketMessages.ReadControl((byte[])[.. Control(1, 29, new byte[16]), .. Control(0, 2, Int(63))]).Ttl);
        Assert.Equal(-1, SocketMessages.ReadControl([]).Ttl);
    }

    [Fact]
    public void The_stamp_of_the_kernel_is_read()
    {
        byte[] time = [.. BitConverter.GetBytes(1_795_240_000L), .. BitConverter.GetBytes(123_456_789L)];
        Assert.Equal(1_795_240_000_123_456_789, SocketMessages.ReadControl(Control(1, 35, time)).Stamp);
        Assert.Equal(0, SocketMessages.ReadControl(Control(1, 35, time[..8])).Stamp);
    }

    [Fact]
    public void An_error_is_read_with_who_sent_it()
    {
        byte[] from4 = [2, 0, 0, 0, 10, 0, 0, 1, .. new byte[8]];
        SocketMessage error = SocketMessages.ReadControl(Control(0, 11, [.. Extended(113, 2, 11, 0, 0), .. from4]));
        Assert.Equal((113, true, 11, 0, 0, "10.0.0.1"), (error.Errno, error.IsIcmp, error.Type, error.Code, error.Mtu, error.Offender!.ToString()));
        Assert.True(IcmpText.IsTimeExceeded(error, v6: false));
        Assert.Equal("TTL ran out, says 10.0.0.1", IcmpText.Of(error, v6: false));

        byte[] from6 = [10, 0, 0, 0, 0, 0, 0, 0, .. IPAddress.Parse("fd77::1").GetAddressBytes(), .. new byte[4]];
        SocketMessage big = SocketMessages.ReadControl(Control(41, 25, [.. Extended(90, 3, 2, 0, 1300), .. from6]));
        Assert.Equal((1300, "fd77::1"), (big.Mtu, big.Offender!.ToString()));
        Assert.Equal("packet too big (MTU 1300), says fd77::1", IcmpText.Of(big, v6: true));

        SocketMessage local = SocketMessages.ReadControl(Control(0, 11, Extended(90, 1, 0, 0, 1500)));
        Assert.Equal((false, 1500, null), (local.IsIcmp, local.Mtu, local.Offender));
    }

    [Theory]
    [InlineData(111, SocketError.ConnectionRefused)]
    [InlineData(113, SocketError.HostUnreachable)]
    [InlineData(101, SocketError.NetworkUnreachable)]
    [InlineData(90, SocketError.MessageSize)]
    [InlineData(1, SocketError.AccessDenied)]
    [InlineData(5, SocketError.SocketError)]
    public void An_error_of_the_system_is_that_of_the_framework(int errno, SocketError error) => Assert.Equal(error, SocketMessages.Failure(errno).SocketErrorCode);

    [Fact]
    public void Every_kind_of_error_has_words()
    {
        for (int type = 0; type < 256; type++)
        {
            for (int code = 0; code < 16; code++)
            {
                var error = new SocketMessage { IsIcmp = true, Type = (byte)type, Code = (byte)code };
                Assert.NotEmpty(IcmpText.Of(error, v6: false));
                Assert.NotEmpty(IcmpText.Of(error, v6: true));
            }
        }
    }

    [Fact]
    public void Control_data_that_lies_is_read_without_harm()
    {
        var random = new Random(23);
        byte[] good = [.. Control(0, 2, Int(61)), .. Control(0, 11, [.. Extended(113, 2, 11, 0, 0), 2, 0, 0, 0, 10, 0, 0, 1])];
        for (int round = 0; round < 50_000; round++)
        {
            byte[] control = (byte[])good.Clone();
            for (int flips = random.Next(1, 4); flips > 0; flips--) control[random.Next(control.Length)] = (byte)random.Next(256);
            SocketMessages.ReadControl(control.AsSpan(0, random.Next(control.Length + 1)));
        }
    }

    private static byte[] Int(int value) => BitConverter.GetBytes(value);

    private static byte[] Extended(int errno, byte origin, byte type, byte code, int info) => [.. Int(errno), origin, type, code, 0, .. Int(info), .. Int(0)];

    /// <summary>One head with its data, padded to 8 octets, little-endian as on the machines that run this.</summary>
    private static byte[] Control(int level, int type, byte[] data)
    {
        byte[] whole = new byte[(16 + data.Length + 7) & ~7];
        BinaryPrimitives.WriteInt64LittleEndian(whole, 16 + data.Length);
        BinaryPrimitives.WriteInt32LittleEndian(whole.AsSpan(8), level);
        BinaryPrimitives.WriteInt32LittleEndian(whole.AsSpan(12), type);
        data.CopyTo(whole, 16);
        return whole;
    }
}
