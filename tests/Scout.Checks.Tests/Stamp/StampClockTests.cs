using System.Net;
using Scout.Checks.Stamp;

namespace Scout.Checks.Tests.Stamp;

public sealed class StampClockTests
{
    [Fact]
    public void Seconds_count_from_1900()
    {
        Assert.Equal(0x83AA7E80_00000000ul, NtpTime.FromUnixNanoseconds(0).Value);
        Assert.Equal(0x83AA7E81_80000000ul, NtpTime.FromUnixNanoseconds(1_500_000_000).Value);
        Assert.Equal(NtpTime.FromUnixNanoseconds(1_795_240_000_123_456_700), NtpTime.From(DateTimeOffset.UnixEpoch.AddTicks(17_952_400_001_234_567)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(999_999_999, 1)]
    [InlineData(123_456_789_012, -5_000_000_000)]
    public void Differences_are_exact_to_a_nanosecond(long at, long later)
    {
        long difference = NtpTime.FromUnixNanoseconds(at + 10_000_000_000 + later).NanosecondsSince(NtpTime.FromUnixNanoseconds(at + 10_000_000_000));
        Assert.InRange(difference, later - 1, later + 1);
    }

    [Fact]
    public void A_difference_across_the_wrap_of_2036_is_right()
    {
        var before = new NtpTime(0xFFFFFFFF_80000000);
        var after = new NtpTime(0x00000000_80000000);
        Assert.Equal(1_000_000_000, after.NanosecondsSince(before));
        Assert.Equal(-1_000_000_000, before.NanosecondsSince(after));
    }

    [Fact]
    public void An_error_estimate_covers_what_it_is_told_and_not_twice_that()
    {
        var random = new Random(3);
        for (int round = 0; round < 10_000; round++)
        {
            var error = TimeSpan.FromTicks(random.NextInt64(1, 1L << random.Next(1, 60)));
            ErrorEstimate estimate = ErrorEstimate.Of(error, synchronised: round % 2 == 0);
            Assert.True(estimate.IsValid && !estimate.IsPtp);
            Assert.Equal(round % 2 == 0, estimate.IsSynchronised);
            Assert.InRange(estimate.Seconds, error.TotalSeconds * 0.999999, (error.TotalSeconds * 1.02) + 1e-9);
        }

        Assert.True(ErrorEstimate.Of(TimeSpan.Zero, synchronised: true).IsValid);
        Assert.True(ErrorEstimate.Of(TimeSpan.MaxValue, synchronised: true).IsValid);
        Assert.Equal(1, ErrorEstimate.Unsynchronised.Seconds);
    }

    [Fact]
    public void A_source_is_the_same_however_it_is_learned()
    {
        var endPoint = new IPEndPoint(IPAddress.Parse("10.1.2.3"), 40_000);
        var mapped = new IPEndPoint(IPAddress.Parse("::ffff:10.1.2.3"), 40_000);
        Assert.True(StampSource.TryFrom(endPoint.Serialize(), out StampSource source));
        Assert.True(StampSource.TryFrom(mapped.Serialize(), out StampSource viaSix));
        Assert.Equal(source, viaSix);
        Assert.Equal(source, StampSource.From(endPoint));
        Assert.NotEqual(source, source with { Port = 1 });
        Assert.False(StampSource.TryFrom(new SocketAddress(System.Net.Sockets.AddressFamily.Unix, 110), out _));
        Assert.Throws<ArgumentException>(() => StampSource.From(new byte[5], 1));
    }
}
