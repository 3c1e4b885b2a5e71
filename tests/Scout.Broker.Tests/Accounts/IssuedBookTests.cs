using Scout.Broker.Accounts;

namespace Scout.Broker.Tests.Accounts;

public sealed class IssuedBookTests
{
    [Fact]
    public async Task Two_that_write_and_compact_at_once_lose_no_login_of_each_other()
    {
        using var folder = new TempFolder();
        string path = folder.File("issued.jsonl");
        DateTimeOffset end = TimeProvider.System.GetUtcNow().AddDays(1);
        // Each has a lock of its own, as two processes have: what keeps them apart is the lock of the file.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(who => Task.Run(() =>
        {
            var book = new IssuedBook(path, TimeProvider.System, compactAfter: 3);
            for (int i = 0; i < 150; i++) book.Add(new IssuedLogin(TimeProvider.System.GetUtcNow(), "node", $"n{who}-{i}", $"U{who}-{i}", end));
        })));
        IReadOnlyList<IssuedLogin> living = new IssuedBook(path, TimeProvider.System).Living();
        Assert.Equal(300, living.Select(static one => one.Name).Distinct().Count());
        Assert.Equal(300, File.ReadLines(path).Count());
    }

    [Fact]
    public void What_has_expired_goes_when_the_file_is_written_anew_and_a_line_that_was_cut_is_stepped_over()
    {
        using var folder = new TempFolder();
        string path = folder.Write("issued.jsonl", "{\"time\":\"2026-11");
        var time = new ManualTime();
        var book = new IssuedBook(path, time, compactAfter: 2);
        book.Add(new IssuedLogin(time.GetUtcNow(), "node", "old", "U1", time.GetUtcNow().AddHours(1)));
        time.Advance(TimeSpan.FromHours(2));
        book.Add(new IssuedLogin(time.GetUtcNow(), "node", "new", "U2", time.GetUtcNow().AddHours(1)));
        Assert.Equal("new", Assert.Single(book.Living()).Name);
        Assert.Single(File.ReadLines(path));
    }
}
