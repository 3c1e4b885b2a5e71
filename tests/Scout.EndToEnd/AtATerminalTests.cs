using System.Diagnostics;
using System.Text;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>The executable on a real pseudo-terminal, which `script` of util-linux makes: what it does to the terminal, and what Ctrl-C does to it.</summary>
public sealed class AtATerminalTests
{
    [Fact]
    public async Task A_terminal_is_left_as_it_was_and_ctrl_c_ends_every_wait()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("two.yaml", "checks:\n  - { name: a, builtin: heartbeat, splay: 0 }\n  - { name: b, builtin: heartbeat, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("b", "OK");

        (int code, string seen) = await TypeAsync($"status --socket {node.Socket}", null, "");
        Assert.Equal(0, code);
        Assert.Contains("\u001b[32mOK", seen, StringComparison.Ordinal);
        // Nothing but colours: no mode of keys or cursor is set, which would have to be taken back.
        Assert.DoesNotMatch(@"\u001b(?!\[[0-9;]*m)", seen);

        (code, seen) = await TypeAsync($"check web1 --socket {node.Socket}", "[y/N]", "\u0003");
        Assert.True(code == 130, seen);
        Assert.DoesNotContain("NODE", seen, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\u001b(?!\[[0-9;]*m)", seen);

        (code, seen) = await TypeAsync($"check web1 --socket {node.Socket}", "[y/N]", "y\n");
        Assert.True(code == 0, seen);
        Assert.Contains("web1  b", seen, StringComparison.Ordinal);

        (code, seen) = await TypeAsync($"watch --socket {node.Socket}", "web1", "\u0003");
        Assert.True(code == 130, seen);
        Assert.DoesNotContain("\u001b[?1h", seen, StringComparison.Ordinal);
        Assert.EndsWith("\u001b[?25h", seen.TrimEnd(), StringComparison.Ordinal);
    }

    /// <summary>Runs a command at a terminal of 80 columns, types something when a text is there, and gives exit code and everything shown.</summary>
    private static async Task<(int Code, string Seen)> TypeAsync(string command, string? when, string keys)
    {
        var start = new ProcessStartInfo("script") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string word in (string[])["-qefc", $"stty cols 80 rows 24; exec {ScoutExecutable.Path} {command}", "/dev/null"]) start.ArgumentList.Add(word);
        start.Environment["TERM"] = "xterm";
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("SCOUT_", StringComparison.Ordinal) || name == "NO_COLOR").ToArray()) start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        var seen = new StringBuilder();
        try
        {
            // Bytes, not lines: a question has no end of line.
            Task reading = Task.Run(async () =>
            {
                char[] buffer = new char[4096];
                while (await process.StandardOutput.ReadAsync(buffer) is > 0 and int count) Add(new string(buffer, 0, count));
            });
            if (when is not null)
            {
                await Until.TrueAsync($"'{when}' on the terminal", () => Text().Contains(when, StringComparison.Ordinal), null, Text);
                await process.StandardInput.WriteAsync(keys);
                await process.StandardInput.FlushAsync();
            }

            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            await reading.WaitAsync(TimeSpan.FromSeconds(30));
            return (process.ExitCode, Text());
        }
        catch (TimeoutException late)
        {
            throw new InvalidOperationException($"'{command}' did not end; the terminal shows:\n{Text()}", late);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        void Add(string text)
        {
            lock (seen) seen.Append(text);
        }

        string Text()
        {
            lock (seen) return seen.ToString();
        }
    }
}
