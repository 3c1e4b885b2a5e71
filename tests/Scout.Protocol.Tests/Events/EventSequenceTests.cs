using FsCheck;
using FsCheck.Fluent;

namespace Scout.Protocol.Tests.Events;

public sealed class EventSequenceTests
{
    [Fact]
    public void It_has_10_and_12_digits()
    {
        var sequence = new EventSequence(1_795_221_600, 1234);
        Assert.Equal("1795221600.000000001234", sequence.ToString());
        Assert.True(EventSequence.TryParse("1795221600.000000001234", out EventSequence parsed));
        Assert.Equal(sequence, parsed);
        Assert.Equal("1795221600.000000001235", sequence.Next.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1795221600.00000000123")]
    [InlineData("1795221600.0000000012345")]
    [InlineData("179522160.0000000012345")]
    [InlineData("1795221600,000000001234")]
    [InlineData("+795221600.000000001234")]
    [InlineData("1795221600.-00000001234")]
    [InlineData("1795221600. 00000001234")]
    [InlineData("17952216a0.000000001234")]
    public void Anything_else_is_none(string text) => Assert.False(EventSequence.TryParse(text, out _));

    [Fact]
    public void It_sorts_as_text_as_it_does_as_numbers() => Prop.ForAll<(uint Epoch, uint Counter), (uint Epoch, uint Counter)>((one, other) =>
    {
        var left = new EventSequence(one.Epoch, one.Counter);
        var right = new EventSequence(other.Epoch % 2 == 0 ? one.Epoch : other.Epoch, other.Counter);
        return Math.Sign(string.CompareOrdinal(left.ToString(), right.ToString())) == Math.Sign(left.CompareTo(right)) && (left < right) == (left.CompareTo(right) < 0) && (left >= right) == !(left < right);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(10_000_000_000, 0)]
    [InlineData(0, 1_000_000_000_000)]
    public void What_does_not_fit_its_digits_is_never_written(long epoch, long counter) =>
        Assert.Throws<InvalidOperationException>(() => new EventSequence(epoch, counter).ToString());
}
