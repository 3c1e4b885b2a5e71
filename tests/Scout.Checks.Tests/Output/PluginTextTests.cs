using System.Text;
using Scout.Checks.Output;

namespace Scout.Checks.Tests.Output;

public sealed class PluginTextTests
{
    [Theory]
    [InlineData("4F4B", "OK")]
    [InlineData("EFBBBF4F4B", "OK")]
    [InlineData("", "")]
    [InlineData("EFBBBF", "")]
    [InlineData("41004200", "A\uFFFDB\uFFFD")]
    [InlineData("C3A4", "ä")]
    [InlineData("FF41", "\uFFFDA")]
    [InlineData("C341", "\uFFFDA")]
    [InlineData("C3", "\uFFFD")]
    [InlineData("1B5B33316D", "\u001b[31m")]
    public void Bytes_become_text(string hex, string expected) => Assert.Equal(expected, PluginText.Decode(Convert.FromHexString(hex), truncated: false));

    [Theory]
    [InlineData("41C3", "A")]
    [InlineData("41E282", "A")]
    [InlineData("41E2", "A")]
    [InlineData("41F09F98", "A")]
    [InlineData("41C3A4", "Aä")]
    [InlineData("41E282AC", "A€")]
    [InlineData("41FF", "A\uFFFD")]
    [InlineData("4180", "A\uFFFD")]
    [InlineData("8080", "\uFFFD\uFFFD")]
    public void A_sequence_cut_by_the_cap_is_removed(string hex, string expected) =>
        Assert.Equal(expected, PluginText.Decode(Convert.FromHexString(hex), truncated: true));

    [Fact]
    public void Ten_thousand_random_byte_strings_give_valid_text_and_output()
    {
        var random = new Random(1);
        byte[] buffer = new byte[200];
        for (int round = 0; round < 10_000; round++)
        {
            Span<byte> bytes = buffer.AsSpan(0, random.Next(0, buffer.Length));
            random.NextBytes(bytes);
            string text = PluginText.Decode(bytes, random.Next(2) == 0);
            Assert.DoesNotContain('\0', text);
            Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
            Assert.NotEmpty(PluginOutputReader.Read(text, random.Next(2) == 0, text).Text);
        }
    }
}
