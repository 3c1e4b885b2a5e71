using System.Text.Json;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

public sealed class TextTemplateTests
{
    private static readonly TemplateScope Scope = new(
        "disk",
        Json("""{"os":{"family":"debian","a.b":"dotted"},"cores":4,"load":1.50,"big":1e3,"list":["a","b",3],"none":null,"yes":true,"html":"<a&b>"}"""),
        Json("""{"limit":"80%","nested":{"x":[{"y":"deep"}]}}"""),
        Json("""{"disk":{"warn":"10%","port":8443},"other":{"warn":"no"}}"""));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a }} b { c", "a }} b { c")]
    [InlineData("{{ lookup \"facts.os.family\" }}", "debian")]
    [InlineData("-w {{lookup \"data.limit\"}}!", "-w 80%!")]
    [InlineData("{{ lookup \"facts.os.a\\.b\" }}", "dotted")]
    [InlineData("{{ lookup `facts.os.a\\.b` }}", "dotted")]
    [InlineData("{{ lookup \"facts.list.1\" }}", "b")]
    [InlineData("{{ lookup \"data.nested.x.0.y\" }}", "deep")]
    [InlineData("{{ lookup \"facts.cores\" }}", "4")]
    [InlineData("{{ lookup \"facts.load\" }}", "1.5")]
    [InlineData("{{ lookup \"facts.big\" }}", "1000")]
    [InlineData("{{ lookup \"facts.yes\" }}", "true")]
    [InlineData("{{ lookup \"facts.list\" }}", "[\"a\",\"b\",3]")]
    [InlineData("{{ lookup \"facts.html\" }}", "<a&b>")]
    [InlineData("{{ lookup \"facts.missing\" \"x y\" }}", "x y")]
    [InlineData("{{ lookup \"facts.none\" 1.50 }}", "1.5")]
    [InlineData("{{ lookup \"facts.list.9\" false }}", "false")]
    [InlineData("{{ o \"warn\" \"20%\" }}", "10%")]
    [InlineData("{{ o \"crit\" \"20%\" }}", "20%")]
    [InlineData("{{ o \"port\" }}", "8443")]
    [InlineData("{{ lookup \"facts.os.family\" | ToUpper }}", "DEBIAN")]
    [InlineData("{{ ToUpper (lookup \"facts.os.family\") | ToLower | Capitalize }}", "Debian")]
    [InlineData("{{ Title \"the quick fox\" }}", "The Quick Fox")]
    [InlineData("{{ Capitalize \"the quick fox\" }}", "The quick fox")]
    [InlineData("{{ StringsJoin (lookup \"facts.list\") \",\" }}", "a,b,3")]
    [InlineData("{{ lookup \"facts.list\" | StringsJoin \"-\" }}", "a-b-3")]
    [InlineData("{{ Base64Encode \"hi there\" }}", "aGkgdGhlcmU=")]
    [InlineData("{{ Base64Decode \"aGkgdGhlcmU=\" }}", "hi there")]
    [InlineData("{{ \"a }} b\" }}", "a }} b")]
    [InlineData("{{ 10 }}{{ true }}", "10true")]
    [InlineData("a{{ \"{{\" }}b", "a{{b")]
    public void A_template_expands(string text, string expected)
    {
        Assert.True(TextTemplate.TryParse(text, out TextTemplate template, out SyntaxError error), error.Message);
        Assert.True(template.TryExpand(Scope, out string value, out string? why), why);
        Assert.Equal(expected, value);
        Assert.Equal(text, template.Source);
        Assert.Equal(!text.Contains("{{", StringComparison.Ordinal), template.IsLiteral);
    }

    [Theory]
    [InlineData("{{ lookup \"facts.missing\" }}", "'facts.missing' is not found")]
    [InlineData("{{ lookup \"facts.none\" }}", "'facts.none' is not found")]
    [InlineData("{{ lookup \"data.limit.deeper\" | ToUpper }}", "'data.limit.deeper' is not found")]
    [InlineData("{{ o \"nothing\" }}", "the overrides of disk have no 'nothing'")]
    [InlineData("{{ Base64Decode \"%%%\" }}", "Base64Decode: the value is not base64")]
    public void What_is_not_found_names_the_path(string text, string expected)
    {
        Assert.True(TextTemplate.TryParse(text, out TextTemplate template, out _));
        Assert.False(template.TryExpand(Scope, out string value, out string? why));
        Assert.Equal(expected, why);
        Assert.Equal(text, value);
    }

    [Theory]
    [InlineData("ab {{ lookup \"facts.a\"", 23, "'{{' is not closed", "}}")]
    [InlineData("{{ }}", 4, "nothing between", "lookup")]
    [InlineData("{{ lookpu \"facts.a\" }}", 4, "'lookpu' is no function", "did you mean 'lookup'?")]
    [InlineData("{{ toupper \"a\" }}", 4, "'toupper' is no function", "did you mean 'ToUpper'?")]
    [InlineData("{{ if true }}x{{ end }}", 4, "'if': templates have no blocks", "functions are")]
    [InlineData("{{ .Name }}", 4, "'.Name' is no text", "functions are")]
    [InlineData("{{ $x }}", 4, "'$x' is no text", "functions are")]
    [InlineData("{{ lookup }}", 4, "takes 1 or 2 arguments, not 0", "lookup \"facts.<path>\"")]
    [InlineData("{{ ToUpper \"a\" \"b\" }}", 4, "takes 1 argument, not 2", "ToUpper \"text\"")]
    [InlineData("{{ lookup \"fact.a\" }}", 4, "'fact.a' is no path", "facts.<path>")]
    [InlineData("{{ lookup \"facts..a\" }}", 4, "'facts..a' is no path", "facts.<path>")]
    [InlineData("{{ lookup \"facts.a }}", 11, "the text is not closed", "end with \"")]
    [InlineData("{{ lookup 'facts.a' }}", 11, "double quotes", "\"...\"")]
    [InlineData("{{ ToUpper (lookup \"facts.a\" }}", 12, "'(' is not closed", ")")]
    [InlineData("{{ ToUpper lookup }}", 12, "'lookup' as an argument needs parentheses", "(lookup ...)")]
    [InlineData("{{ \"a\" | \"b\" }}", 10, "after '|' comes a function", "functions are")]
    [InlineData("{{ \"a\" \"b\" }}", 8, "is not expected here", "}}")]
    [InlineData("{{- \"a\" }}", 3, "'-' is no text", "functions are")]
    public void What_is_no_template_says_where_and_why(string text, int column, string message, string hint)
    {
        Assert.False(TextTemplate.TryParse(text, out _, out SyntaxError error));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(column, error.Column);
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_literal_keeps_its_braces()
    {
        TextTemplate template = TextTemplate.Literal("{{ lookup }}");

        Assert.True(template.TryExpand(default, out string value, out _));
        Assert.Equal("{{ lookup }}", value);
    }

    [Fact]
    public void Nothing_to_look_into_is_not_found_and_no_accident()
    {
        Assert.True(TextTemplate.TryParse("{{ lookup \"data.a\" }}{{ o \"b\" }}", out TextTemplate template, out _));
        Assert.False(template.TryExpand(new TemplateScope("m", default, default, default), out _, out _));
    }

    [Fact]
    public void A_template_beyond_4_KiB_is_refused_but_a_long_literal_is_not()
    {
        Assert.False(TextTemplate.TryParse(new string('x', 4095) + "{{ 1 }}", out _, out _));
        Assert.True(TextTemplate.TryParse(new string('x', 40_950), out _, out _));
        Assert.False(TextTemplate.TryParse("{{ " + new string('(', 2000) + " }}", out _, out SyntaxError error));
        Assert.Contains("deeper", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_text_never_throws()
    {
        string[] pieces = ["{{", "}}", "lookup", " ", "\"facts.os\"", "(", ")", "|", "o", "1.5", "true", "\"", "`", "\\", "x", "StringsJoin", ".", "'"];
        var random = new Random(3);
        for (int i = 0; i < 30_000; i++)
        {
            string text = "{{" + string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (TextTemplate.TryParse(text, out TextTemplate template, out SyntaxError error)) template.TryExpand(Scope, out _, out _);
            else Assert.InRange(error.Column, 1, text.Length + 1);
        }
    }

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
