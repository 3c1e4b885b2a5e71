using System.Text;
using Scout.Machines.Analysis;
using Scout.Machines.Definitions;
using Scout.Testing;

namespace Scout.Machines.Tests.Definitions;

/// <summary>Whatever a file holds: findings or machines, never an exception, and bounded in time (machines.md section 12).</summary>
[Collection(nameof(Alone))]
[Trait("fault", "R11")]
public sealed class HostileFileTests
{
    private const string Sound = """
        # everything once
        checks:
          - &base
            name: disk_root
            plugin: check_disk -w 20% -c "{{ o `crit` `10%` }}"
            interval: 1m
            flapping: { low: 25, high: 30 }
            labels: { team: storage }
            depends_on: [gateway]
            maintenance_windows: [ { days: [mon-fri], start: "02:30", duration: 2h, timezone: Europe/Paris } ]
            remediate: { command: [/usr/local/sbin/clean-tmp], when: [CRITICAL], per: 24h }
          - { <<: *base, name: other, events: all }
        """;

    [Fact]
    public void A_file_with_one_letter_changed_is_read_or_refused()
    {
        var random = new Random(42);
        string letters = "{}[]:,&*!|>'\"%@`#- \n\tabc019\\\u00e9\u0000\ufeff";
        string[] soundOnes = [Sound, Reading.Machine("labels: { a: b }", "interval: 30s", "timeout: 5s")];
        int good = 0;
        for (int i = 0; i < 4_000; i++)
        {
            var text = new StringBuilder(soundOnes[i % 2]);
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int at = random.Next(text.Length);
                switch (random.Next(3))
                {
                    case 0:
                        text[at] = letters[random.Next(letters.Length)];
                        break;
                    case 1:
                        text.Insert(at, letters[random.Next(letters.Length)]);
                        break;
                    default:
                        text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                        break;
                }
            }

            DefinitionFile file = Reading.Read(text.ToString(), i % 3 == 0 ? "x/machine.yaml" : "x.yaml");
            Judge(file, text.ToString());
            if (!file.HasErrors) good++;
        }

        // Some changes do no harm: the test would be worthless if every mutant were refused.
        Assert.InRange(good, 100, 3_500);
    }

    [Fact]
    public void Random_bytes_are_refused()
    {
        var random = new Random(5);
        for (int i = 0; i < 2_000; i++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            DefinitionFile file = DefinitionReader.Read("x.yaml", bytes, Reading.Options);
            Judge(file, Convert.ToHexString(bytes));
            Assert.True(file.HasErrors);
        }
    }

    [Fact]
    public void Shuffled_pieces_of_the_format_are_read_or_refused()
    {
        string[] pieces =
        [
            "checks:", "name:", "- ", "  ", "\n", "{ ", " }", "[", "]", ", ", "plugin: x", "transitions:", "watchers:", "type: exec", "from:", "&a ", "*a", "<<: ",
            "'", "\"", "|", ">\n", "? ", ": ", "---\n", "...\n", "!!str ", "!x ", "# c\n", "%YAML 1.2\n", "interval: 1m", "properties:", "\t",
        ];
        var random = new Random(9);
        for (int i = 0; i < 6_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => pieces[random.Next(pieces.Length)]));
            Judge(Reading.Read(text, i % 2 == 0 ? "machine.yaml" : "x.yaml"), text);
        }
    }

    public static TheoryData<string> Megabytes() =>
        ["open brackets", "open braces", "unknown keys", "one long word", "one long quoted text", "many checks", "aliases", "merges", "dashes", "long lines", "anchors", "comments", "transitions", "questions", "tags", "escapes", "folded", "duplicate keys", "deep indentation", "many templates"];

    [Theory]
    [MemberData(nameof(Megabytes))]
    public void A_hostile_megabyte_takes_at_most_a_second(string kind)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Megabyte(kind));
        Assert.InRange(bytes.Length, 100_000, 1024 * 1024);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long before = TimeProvider.System.GetTimestamp();

        DefinitionFile file = DefinitionReader.Read("x.yaml", bytes, Reading.Options);

        TimeSpan took = TimeProvider.System.GetElapsedTime(before);
        long peak = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.True(file.HasErrors);
        // Ten times the goal, because this machine may be busy; what is quadratic takes minutes.
        Assert.True(took < TimeSpan.FromSeconds(10), $"{kind}: {took}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {took.TotalMilliseconds:0} ms, {peak / 1024 / 1024} MiB allocated, {file.Findings[0].Headline}");
    }

    private static void Judge(DefinitionFile file, string text)
    {
        Assert.Equal(file.HasErrors, file.Machines.Length == 0);
        Assert.InRange(file.Findings.Length, 0, 50);
        foreach (Finding finding in file.Findings)
        {
            Assert.True(finding.Line >= 1 && finding.Column >= 1, $"{finding}\n{text}");
            Assert.DoesNotContain('\n', finding.Headline);
            Assert.DoesNotContain('\n', finding.Hint);
            Assert.NotEmpty(finding.Hint);
        }
    }

    private static string Megabyte(string kind)
    {
        const int size = 1000 * 1000;
        static string Repeat(string text, int to) => string.Concat(Enumerable.Repeat(text, to / text.Length));
        static string Numbered(Func<int, string> line, int to)
        {
            var text = new StringBuilder();
            for (int i = 0; text.Length < to; i++) text.Append(line(i));
            return text.ToString();
        }

        return kind switch
        {
            "open brackets" => Repeat("[", size),
            "open braces" => Repeat("{a: ", size),
            "unknown keys" => "name: a\n" + Numbered(i => $"transitionz{i}: 1\n", size),
            "one long word" => "name: " + Repeat("a", size),
            "one long quoted text" => "name: \"" + Repeat("a b ", size) + "\"",
            "many checks" => "checks:\n" + Numbered(i => $"- {{name: c{i}, plugin: x}}\n", size),
            "aliases" => "a: &a [x, x, x]\nb: [" + Repeat("*a,", size) + "]",
            "merges" => "a: &a {" + Numbered(i => $"k{i}: 1,", size / 4) + "}\nb: {<<: [" + Repeat("*a,", 300) + "]}",
            "dashes" => Repeat("- ", size),
            "long lines" => Numbered(i => $"k{i}: [{Repeat("a, ", 1000)}]\n", size),
            "anchors" => Numbered(i => $"- &a{i} x\n", size),
            "comments" => Repeat("# nothing\n", size),
            "transitions" => "name: a\nversion: 1.0.0\ninitial_state: A\nwatchers: []\ntransitions:\n" + Numbered(i => $"- {{name: t{i}, from: [S{i}], destination: S{i + 1}}}\n", size),
            "questions" => Repeat("? a\n", size),
            "tags" => Repeat("!a ", size),
            "escapes" => "name: \"" + Repeat("\\u0041\\x41", size) + "\"",
            "folded" => "name: >\n" + Repeat("  a\n\n", size),
            "duplicate keys" => Repeat("a: 1\n", size),
            "deep indentation" => Numbered(i => new string(' ', Math.Min(i, 400)) + "a:\n", size),
            _ => "name: a\nversion: 1.0.0\ninitial_state: A\ntransitions: [{name: t, from: [A], destination: B}]\nwatchers:\n- name: w\n  type: exec\n  properties: { command: [x"
                + Numbered(i => $", '{{{{ lookup \"facts.a{i}\" }}}}'", size) + "], timeout: 0 }",
        };
    }
}
