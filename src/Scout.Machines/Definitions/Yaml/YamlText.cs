using System.Text;

namespace Scout.Machines.Definitions.Yaml;

/// <summary>Bytes to text: UTF-8, a BOM is skipped, only characters that YAML allows.</summary>
internal static class YamlText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out string text, out YamlProblem problem)
    {
        text = "";
        problem = default;
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            (int line, int column) = WhereInvalid(bytes);
            problem = new YamlProblem(line, column, FindingKind.YamlSyntax, "this is not UTF-8", "save the file as UTF-8");
            return false;
        }

        text = Strict.GetString(bytes);
        int bad = text.AsSpan().IndexOfAnyExcept(Allowed);
        if (bad < 0) return true;
        int start = bad == 0 ? 0 : text.LastIndexOf('\n', bad - 1) + 1;
        problem = new YamlProblem(
            text.AsSpan(0, bad).Count('\n') + 1, bad - start + 1, FindingKind.YamlSyntax,
            $"the control character U+{(int)text[bad]:X4}", "write it as an escape in double quotes, such as \"\\x1b\"");
        return false;
    }

    private static readonly System.Buffers.SearchValues<char> Allowed = System.Buffers.SearchValues.Create(AllowedCharacters());

    private static char[] AllowedCharacters()
    {
        var allowed = new List<char> { '\t', '\n', '\r', '\u0085' };
        for (int letter = ' '; letter <= 0xFFFD; letter++)
        {
            if (letter is (>= 0x7F and < 0xA0) or 0xFEFF) continue;
            allowed.Add((char)letter);
        }

        return [.. allowed];
    }

    private static (int Line, int Column) WhereInvalid(ReadOnlySpan<byte> bytes)
    {
        int good = 0;
        while (good < bytes.Length && Rune.DecodeFromUtf8(bytes[good..], out _, out int length) == System.Buffers.OperationStatus.Done) good += length;
        ReadOnlySpan<byte> before = bytes[..good];
        int start = before.LastIndexOf((byte)'\n') + 1;
        return (before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[start..]) + 1);
    }
}
