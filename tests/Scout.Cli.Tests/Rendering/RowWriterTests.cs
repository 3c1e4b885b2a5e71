using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Cli.Tests.Terminal;

namespace Scout.Cli.Tests.Rendering;

public sealed class RowWriterTests
{
    [Fact]
    public void A_table_pads_all_columns_but_the_last() =>
        Assert.Equal("NODE   STATE     OUTPUT\nweb1   OK        fine\nweb10  CRITICAL  disk full\\nreally\n", Print(OutputFormat.Table));

    [Fact]
    public void Wide_adds_its_columns() =>
        Assert.Equal("NODE   STATE     OUTPUT             MORE\nweb1   OK        fine               more\nweb10  CRITICAL  disk full\\nreally  more\n", Print(OutputFormat.Wide));

    [Fact]
    public void Json_is_one_array() => Assert.Equal("""
        [
          {
            "node": "web1",
            "state": "OK"
          },
          {
            "node": "web10",
            "state": "CRITICAL"
          }
        ]

        """, Print(OutputFormat.Json));

    [Fact]
    public void Jsonl_is_one_object_a_line() => Assert.Equal("{\"node\":\"web1\",\"state\":\"OK\"}\n{\"node\":\"web10\",\"state\":\"CRITICAL\"}\n", Print(OutputFormat.Jsonl));

    [Fact]
    public void Yaml_is_one_list() => Assert.Equal("- node: web1\n  state: OK\n- node: web10\n  state: CRITICAL\n", Print(OutputFormat.Yaml));

    [Fact]
    public void Name_is_one_name_a_line() => Assert.Equal("web1\nweb10\n", Print(OutputFormat.Name));

    [Theory]
    [InlineData("Json", "[]\n")]
    [InlineData("Yaml", "[]\n")]
    [InlineData("Jsonl", "")]
    [InlineData("Name", "")]
    [InlineData("Table", "")]
    public void Nothing_is_still_a_valid_document(string format, string printed)
    {
        using var console = new FakeConsole();
        new RowWriter<Row>(console, Rows, Enum.Parse<OutputFormat>(format)).End();
        Assert.Equal(printed, console.Output);
        Assert.Equal(format == "Table" ? "nothing here\n" : "", console.Errors);
    }

    [Fact]
    public void Only_the_last_column_is_cut_and_only_to_a_terminal()
    {
        using var console = new FakeConsole { OutIsTerminal = true, Width = 26 };
        console.Environment["NO_COLOR"] = "1";
        Write(console, OutputFormat.Table);
        Assert.Contains("web10  CRITICAL  disk ful…\n", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Colour_is_for_terminals()
    {
        using var console = new FakeConsole { OutIsTerminal = true };
        Write(console, OutputFormat.Table);
        Assert.Contains("\x1b[1;31mCRITICAL\x1b[0m", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NO_COLOR", "1")]
    [InlineData("TERM", "dumb")]
    public void Colour_can_be_refused(string name, string value)
    {
        using var console = new FakeConsole { OutIsTerminal = true };
        console.Environment[name] = value;
        Write(console, OutputFormat.Table);
        Assert.DoesNotContain('\x1b', console.Output);
    }

    [Fact]
    public void A_stream_prints_each_row_as_it_comes()
    {
        using var console = new FakeConsole();
        var writer = new RowWriter<Row>(console, Rows, OutputFormat.Table, streaming: true);
        writer.Add(new Row("web1", "OK", "fine"));
        Assert.Equal("NODE      STATE     OUTPUT\nweb1      OK        fine\n", console.Output);
    }

    [Fact]
    public void A_streamed_array_is_valid_json_when_it_ends()
    {
        using var console = new FakeConsole();
        var writer = new RowWriter<Row>(console, Rows, OutputFormat.Json, streaming: true);
        writer.Add(new Row("web1", "OK", "fine"));
        writer.Add(new Row("web2", "OK", "fine"));
        writer.End();
        Assert.Equal(2, JsonDocument.Parse(console.Output).RootElement.GetArrayLength());
    }

    private static string Print(OutputFormat format)
    {
        using var console = new FakeConsole();
        Write(console, format);
        return console.Output;
    }

    private static void Write(FakeConsole console, OutputFormat format)
    {
        var writer = new RowWriter<Row>(console, Rows, format);
        writer.Add(new Row("web1", "OK", "fine"));
        writer.Add(new Row("web10", "CRITICAL", "disk full\nreally"));
        writer.End();
    }

    private static View<Row> Rows { get; } = new()
    {
        Columns =
        [
            new("NODE", (row, _) => row.Node) { StreamWidth = 8 },
            new("STATE", (row, _) => row.State) { StreamWidth = 8, Tone = row => Tones.OfState(row.State) },
            new("OUTPUT", (row, _) => row.Output),
            new("MORE", (_, _) => "more") { WideOnly = true },
        ],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("node", row.Node);
            writer.WriteString("state", row.State);
            writer.WriteEndObject();
        },
        Name = row => row.Node,
        WhenEmpty = "nothing here",
    };

    private sealed record Row(string Node, string State, string Output);
}
