using System.Diagnostics;
using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>What others read: the stream by a plain JetStream pull consumer, the textfile by promtool and node_exporter, the events by their schemas.</summary>
public sealed class EventsForOthersTests
{
    [Fact]
    public async Task A_plain_pull_consumer_reads_valid_cloud_events_that_pass_the_schemas()
    {
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker.Url);
        node.Define("checks.yaml", $"""
            checks:
              - name: odd
                plugin: [/bin/sh, -c, 'printf "odd € \"quoted\" \\ text | a=1;2;3;0;10 b=U c=5MB\nlong line\n"; exit 1']
                interval: 500ms
                splay: 0
                events: all
                remediate: {"{"} command: [/bin/echo, mended], when: [WARNING], interval: 1s, max_runs: 2 {"}"}
              - name: gone
                plugin: /nonexistent/plugin
                interval: 1s
            """);
        await node.StartAsync();
        Assert.True((await ScoutExecutable.RunAsync(["maintenance", "start", "web1/gone", "--for", "1h", "--reason", "x", "--broker", broker.Url])).ExitCode is 0 or 4);
        await using RawJetStreamClient raw = await RawJetStreamClient.ConnectAsync(broker.Port);
        string[] kinds = ["transition", "check", "state", "watcher"];
        List<(string Subject, string Headers, string Body)> messages = [];
        await Until.TrueAsync(
            "events of every kind",
            async () =>
            {
                messages = await raw.PullAsync("SCOUT_EVENTS", "scout.event.>", 200);
                return kinds.All(kind => messages.Any(message => message.Subject.EndsWith("." + kind, StringComparison.Ordinal)));
            },
            TimeSpan.FromSeconds(30),
            () => string.Join('\n', messages.Select(message => message.Subject)) + node.Process.Output);

        foreach ((string subject, string headers, string body) in messages)
        {
            Assert.Contains("Content-Type: application/cloudevents+json", headers, StringComparison.Ordinal);
            JsonElement cloudEvent = JsonDocument.Parse(body).RootElement;
            Assert.Contains($"Nats-Msg-Id: {cloudEvent.GetProperty("id").GetString()}", headers, StringComparison.Ordinal);
            Assert.Equal("/scout/node/web1", cloudEvent.GetProperty("source").GetString());
            Assert.Equal(subject.Split('.')[3], cloudEvent.GetProperty("subject").GetString());
        }

        Validate(folder, messages.Select(message => message.Body));
    }

    [Fact]
    public async Task Promtool_and_node_exporter_are_content_with_the_textfile()
    {
        if (Which("prometheus-node-exporter") is not { } exporter) throw SkipTestException.Because("prometheus-node-exporter is missing", "SCOUT_REQUIRE_NODE_EXPORTER");
        if (Which("promtool") is not { } promtool) throw SkipTestException.Because("promtool is missing (package prometheus)", "SCOUT_REQUIRE_PROMTOOL");
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null, "textfile: { interval: 1s }\n");
        node.Define("checks.yaml", """
            checks:
              - name: disk
                plugin: [/bin/echo, 'DISK OK|/=14MB;20;30;0;40 load=0.5 "we\ird{}"=3% time=0.2s x=U']
                interval: 1s
                splay: 0
                labels: { team: "a\"b\\c" }
            """);
        await node.StartAsync();
        await Until.TrueAsync("the textfile", () => File.Exists(node.Textfile) && File.ReadAllText(node.Textfile).Contains("scout_check_state{node=\"web1\",machine=\"disk\"", StringComparison.Ordinal));

        using (Process check = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{promtool} check metrics < {node.Textfile}"]) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!)
        {
            string said = await check.StandardError.ReadToEndAsync() + await check.StandardOutput.ReadToEndAsync();
            await check.WaitForExitAsync();
            Assert.True(check.ExitCode == 0 && said.Length == 0, said);
        }

        int port = ScoutExecutable.FreePort();
        await using ChildProcess exporting = ChildProcess.Start(exporter,
            ["--collector.disable-defaults", "--collector.textfile", $"--collector.textfile.directory={Path.GetDirectoryName(node.Textfile)}", $"--web.listen-address=127.0.0.1:{port}"]);
        using var http = new HttpClient();
        string served = "";
        await Until.TrueAsync("node_exporter serves it", async () =>
        {
            try
            {
                served = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
                return served.Contains("scout_check_state", StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, seen: () => served + exporting.Output);
        Assert.Contains("scout_up{node=\"web1\"} 1", served, StringComparison.Ordinal);
        Assert.Contains("node_textfile_scrape_error 0", served, StringComparison.Ordinal);
    }

    private static void Validate(TempFolder folder, IEnumerable<string> events)
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/jsonschema")) throw SkipTestException.Because("python3-jsonschema is missing", "SCOUT_REQUIRE_JSONSCHEMA");
        string lines = folder.Write("events.jsonl", string.Join('\n', events));
        string script = folder.Write("validate.py", """
            import json, sys, os, jsonschema
            schemas = {}
            for name in os.listdir(sys.argv[1]):
                if name.endswith('.json'):
                    schemas[name[:-5]] = json.load(open(os.path.join(sys.argv[1], name)))
            count = 0
            for line in open(sys.argv[2], encoding='utf-8'):
                event = json.loads(line)
                schema = schemas.get(event['type'])
                if schema is None: sys.exit('no schema for ' + event['type'])
                jsonschema.Draft202012Validator(schema).validate(event)
                count += 1
            print(count)
            """);
        using Process python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, Path.Combine(Repository.Root, "docs", "schemas"), lines]) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        string said = python.StandardOutput.ReadToEnd() + python.StandardError.ReadToEnd();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, said);
    }

    private static string? Which(string name) =>
        ((string[])["/usr/bin", "/usr/sbin", "/usr/local/bin"]).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
