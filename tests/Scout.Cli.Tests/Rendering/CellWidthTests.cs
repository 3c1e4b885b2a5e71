using Scout.Cli.Rendering;

namespace Scout.Cli.Tests.Rendering;

public sealed class CellWidthTests
{
    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("😀", 2)]
    [InlineData("", 0)]
    public void Width_is_what_a_terminal_shows(string text, int width) => Assert.Equal(width, CellWidth.Of(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 4, "abc…")]
    [InlineData("日本語", 4, "日…")]
    [InlineData("abc", 0, "")]
    public void A_cut_never_exceeds_the_width(string text, int width, string cut)
    {
        Assert.Equal(cut, CellWidth.Cut(text, width));
        Assert.True(CellWidth.Of(CellWidth.Cut(text, width)) <= width);
    }
}
