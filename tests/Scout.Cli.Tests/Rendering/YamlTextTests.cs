using Scout.Cli.Rendering;

namespace Scout.Cli.Tests.Rendering;

public sealed class YamlTextTests
{
    [Fact]
    public void A_value_is_block_yaml()
    {
        var output = new StringWriter { NewLine = "\n" };
        YamlText.WriteItem(output, """{"node":"web1","list":[1,"two",{"a":null,"b":[]}],"map":{"x":true},"empty":{},"text":"- no: yes"}""");
        Assert.Equal(
            """
            - node: web1
              list:
                - 1
                - two
                - a: null
                  b: []
              map:
                x: true
              empty: {}
              text: "- no: yes"

            """, output.ToString());
    }

    [Theory]
    [InlineData("yes", "\"yes\"")]
    [InlineData("null", "\"null\"")]
    [InlineData("1.10", "\"1.10\"")]
    [InlineData("", "\"\"")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("tail ", "\"tail \"")]
    [InlineData("a\nb", "\"a\\nb\"")]
    [InlineData("#x", "\"#x\"")]
    [InlineData("plain words (3%)", "plain words (3%)")]
    public void Text_that_could_be_something_else_is_quoted(string text, string yaml)
    {
        var output = new StringWriter { NewLine = "\n" };
        YamlText.WriteDocument(output, JsonText.Render(writer => writer.WriteStringValue(text), indented: false));
        Assert.Equal(yaml + "\n", output.ToString());
    }
}
