using FsCheck;
using FsCheck.Fluent;
using Scout.Cli.Rendering;

namespace Scout.Cli.Tests.Rendering;

public sealed class EscapeTests
{
    [Theory]
    [InlineData("DISK OK - 3% used", "DISK OK - 3% used")]
    [InlineData("a\nb\tc\r", "a\\nb\\tc\\r")]
    [InlineData("\x1b[2J\x1b]0;owned\x07", "\\e[2J\\e]0;owned\\x07")]
    [InlineData("c1 \u009b31m", "c1 \\x9b31m")]
    [InlineData("del \x7f nul \0", "del \\x7f nul \\x00")]
    [InlineData("bidi \u202egnp.exe\u2066", "bidi \\u202egnp.exe\\u2066")]
    [InlineData("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff")]
    [InlineData("line\u2028break", "line\\u2028break")]
    [InlineData("grüße 😀 日本", "grüße 😀 日本")]
    [InlineData("", "")]
    public void Text_from_outside_becomes_one_harmless_line(string text, string shown) => Assert.Equal(shown, Escape.Line(text));

    [Fact]
    public void A_lone_surrogate_is_escaped() => Assert.Equal("lone \\ud83d end", Escape.Line("lone \ud83d end"));

    [Fact]
    public void Harmless_text_is_not_copied()
    {
        string text = "ordinary words";
        Assert.Same(text, Escape.Line(text));
    }

    [Fact]
    public void Lines_keep_their_ends_and_lose_their_carriage_returns() => Assert.Equal(["one", "tw\\to", ""], Escape.Lines("one\r\ntw\to\n"));

    [Fact]
    public void No_text_at_all_brings_a_control_character_through() =>
        Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            string shown = Escape.Line(text ?? "");
            return shown.All(c => !char.IsControl(c)) && !shown.Contains('\u202e', StringComparison.Ordinal);
        }));

    [Fact]
    public void Json_stays_the_same_value_when_reordering_characters_are_escaped()
    {
        string json = JsonText.Render(writer => writer.WriteStringValue("a\u202eb \u0085 \x1b 😀"), indented: false);
        Assert.DoesNotContain('\u202e', json);
        Assert.Contains("\\u202e", json, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("a\u202eb \u0085 \x1b 😀", System.Text.Json.JsonDocument.Parse(json).RootElement.GetString());
    }
}
