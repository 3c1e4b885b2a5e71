using System.Text;
using Scout.Auditing;
using Scout.Testing;

namespace Scout.Server.Tests.Security.Audit;

public sealed class AuditFileTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly List<string?> health = [];

    private string Path1 => folder.File("audit.jsonl");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Lines_come_in_order_into_a_file_that_the_group_may_read()
    {
        await using (AuditFile file = Make())
        {
            for (int i = 0; i < 100; i++) file.Write(Line(i));
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"line {i}"), File.ReadAllLines(Path1));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path1) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }

    [Fact]
    public async Task A_line_that_was_cut_does_not_swallow_the_next()
    {
        File.WriteAllText(Path1, "line 0\nli");
        await using (AuditFile file = Make()) file.Write(Line(1));
        Assert.Equal(["line 0", "li", "line 1"], File.ReadAllLines(Path1));
    }

    [Fact]
    public async Task A_later_life_goes_on_where_the_last_one_ended()
    {
        for (int i = 0; i < 2; i++)
        {
            await using AuditFile file = Make();
            file.Write(Line(i));
        }

        Assert.Equal(["line 0", "line 1"], File.ReadAllLines(Path1));
    }

    [Fact]
    public async Task Five_files_are_kept_and_no_line_is_cut_in_two()
    {
        await using (AuditFile file = Make(maxBytes: 100))
        {
            for (int i = 100; i < 200; i++) file.Write(Line(i));
        }

        Assert.Equal([Path1, .. Enumerable.Range(1, 4).Select(i => $"{Path1}.{i}")], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
        string[] kept = [.. Enumerable.Range(1, 4).Reverse().Select(i => $"{Path1}.{i}").Append(Path1).SelectMany(File.ReadAllLines)];
        Assert.Equal(Enumerable.Range(200 - kept.Length, kept.Length).Select(i => $"line {i}"), kept);
        Assert.All(Directory.GetFiles(folder.Path), path => Assert.InRange(new FileInfo(path).Length, 1, 100));
    }

    [Fact]
    public async Task A_disk_that_refuses_costs_lines_that_are_counted_and_is_told_once()
    {
        Directory.CreateDirectory(Path1);
        await using AuditFile file = Make();
        for (int i = 0; i < 3; i++) file.Write(Line(i));
        await Wait.UntilAsync(() => Task.FromResult(file.Dropped == 3), () => $"{file.Dropped}");
        Assert.NotNull(Assert.Single(health));
        Directory.Delete(Path1);
        file.Write(Line(3));
        await Wait.UntilAsync(() => Task.FromResult(File.Exists(Path1) && File.ReadAllText(Path1) == "line 3\n"), () => $"{file.Dropped}");
        Assert.Equal(2, health.Count);
        Assert.Null(health[1]);
    }

    private static byte[] Line(int i) => Encoding.UTF8.GetBytes($"line {i}\n");

    private AuditFile Make(long maxBytes = AuditFile.MaxBytes) => new(Path1, health.Add, maxBytes);
}
