using Scout.Checks.Commands;

namespace Scout.Checks.Tests.Commands;

public sealed class CommandLineTests
{
    public static TheoryData<string, string[]> Splits => new()
    {
        { "check_disk -w 20% -c 10% -p /", ["check_disk", "-w", "20%", "-c", "10%", "-p", "/"] },
        { "  a \t b \n c \r\n d  ", ["a", "b", "c", "d"] },
        { "a 'b c' d", ["a", "b c", "d"] },
        { @"a 'b\c\' d", ["a", @"b\c\", "d"] },
        { "a \"b c\" d", ["a", "b c", "d"] },
        { """a "\"\\\$\`\n" """, ["a", @"""\$`\n"] },
        { "a \"b\\\nc\"", ["a", "bc"] },
        { "a \"b\\\r\nc\"", ["a", "bc"] },
        { @"a b\ c \'d\' \\", ["a", "b c", "'d'", @"\"] },
        { "a b\\\nc", ["a", "bc"] },
        { "a \\\n b", ["a", "b"] },
        { "x a'b'\"c\"", ["x", "abc"] },
        { "x '' \"\"", ["x", "", ""] },
        { "x # $HOME * ? ~ (a) {b} !c", ["x", "#", "$HOME", "*", "?", "~", "(a)", "{b}", "!c"] },
        { "x | y ; z > f && g 2>&1", ["x", "|", "y", ";", "z", ">", "f", "&&", "g", "2>&1"] },
        { """x {{ lookup "facts.a b" "it's" }} y""", ["x", """{{ lookup "facts.a b" "it's" }}""", "y"] },
        { """x --name={{ o "n" 1 }}s""", ["x", """--name={{ o "n" 1 }}s"""] },
        { """x "a {{ lookup "b c" "d" }} e" f""", ["x", """a {{ lookup "b c" "d" }} e""", "f"] },
        { "x 'a {{ lookup \"don't\" }} e'", ["x", "a {{ lookup \"don't\" }} e"] },
        { """x {{ lookup "a }} b" }}""", ["x", """{{ lookup "a }} b" }}"""] },
        { """x {{ lookup "a \"}} b" }}""", ["x", """{{ lookup "a \"}} b" }}"""] },
        { "x {a} { } }}", ["x", "{a}", "{", "}", "}}"] },
        { "x ä ü€ 😀", ["x", "ä", "ü€", "😀"] },
        { "x \v\f", ["x", "\v\f"] },
    };

    public static TheoryData<string?, int, string> Errors => new()
    {
        { null, 1, "no words" },
        { "", 1, "no words" },
        { " \t\n", 1, "no words" },
        { "''", 1, "no words" },
        { "a 'b", 3, "single quote" },
        { "a \"b", 3, "double quote" },
        { "a \"b\\", 3, "double quote" },
        { @"a b\", 4, "backslash" },
        { "a {{ b", 3, "template" },
        { "a \"{{ b\"", 4, "template" },
        { "a '{{ b'", 4, "template" },
        { "a b\0c", 0, "word 2 contains a NUL" },
    };

    [Theory]
    [MemberData(nameof(Splits))]
    public void A_command_splits_like_the_table_says(string text, string[] expected)
    {
        Assert.True(CommandLine.TrySplit(text, out IReadOnlyList<string> words, out CommandError error), error.Message);
        Assert.Equal(expected, words);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void A_bad_command_says_where_and_what(string? text, int column, string message)
    {
        Assert.False(CommandLine.TrySplit(text, out IReadOnlyList<string> words, out CommandError error));
        Assert.Empty(words);
        Assert.Equal(column, error.Column);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
    }

    [Fact]
    public void Exactly_256_words_are_allowed_and_one_more_is_not()
    {
        Assert.True(CommandLine.TrySplit(string.Join(' ', Enumerable.Repeat("w", 256)), out _, out _));
        Assert.False(CommandLine.TrySplit(string.Join(' ', Enumerable.Repeat("w", 257)), out _, out CommandError error));
        Assert.Contains("256", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Exactly_64_KiB_are_allowed_counted_as_bytes()
    {
        Assert.True(CommandLine.TryValidate(["x", new string('a', 65535)], out _));
        Assert.False(CommandLine.TryValidate(["x", new string('a', 65536)], out _));
        Assert.False(CommandLine.TryValidate(["x", new string('ä', 32768)], out _));
        Assert.True(CommandLine.TryValidate(["x", new string('ä', 32767)], out _));
    }

    [Theory]
    [InlineData("check -a | grep b", "|")]
    [InlineData("check -a; rm b", "-a;")]
    [InlineData("check > /tmp/out 2>&1", ">", "2>&1")]
    [InlineData("check 2>/dev/null && echo x", "2>/dev/null", "&&")]
    [InlineData("check &>f &", "&>f", "&")]
    [InlineData("check $(hostname) `id`", "$(hostname)", "`id`")]
    [InlineData("check '|' \";\" \\> a\\;")]
    [InlineData("check -w 10:20 -c @~:30 --url=http://x/?a=1&b=2 $HOME")]
    [InlineData("check {{ lookup \"a|b\" }}")]
    [InlineData("check 'unclosed |")]
    public void Only_unquoted_words_count_as_shell_operators(string text, params string[] expected) =>
        Assert.Equal(expected, CommandLine.ShellOperators(text));

    [Fact]
    public void Quoting_any_words_and_splitting_gives_them_back()
    {
        var random = new Random(4711);
        for (int round = 0; round < 2_000; round++)
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 6)).Select(index => Text(random, index == 0 ? 1 : 0))];
            string line = string.Join(' ', words.Select(word => Quote(random, word)));
            Assert.True(CommandLine.TrySplit(line, out IReadOnlyList<string> split, out CommandError error), $"{line}: {error.Message}");
            Assert.Equal(words, split);
        }
    }

    [Fact]
    public void No_text_throws_and_every_error_points_into_the_text()
    {
        var random = new Random(815);
        for (int round = 0; round < 20_000; round++)
        {
            string text = Noise(random, random.Next(0, 40));
            if (CommandLine.TrySplit(text, out IReadOnlyList<string> words, out CommandError error)) Assert.NotEmpty(words);
            else Assert.InRange(error.Column, 0, text.Length + 1);
            _ = CommandLine.ShellOperators(text);
        }
    }

    private static string Text(Random random, int atLeast) =>
        new string(random.GetItems<char>("ab '\"\\$`|;\n\täß", random.Next(atLeast, 8)));

    private static string Noise(Random random, int length) =>
        new string(random.GetItems<char>(" '\"\\{}{}ab|\n\r\t\0\uD800", length));

    private static string Quote(Random random, string word) => random.Next(2) == 0
        ? "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'"
        : "\"" + word.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
