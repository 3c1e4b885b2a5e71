using Microsoft.Extensions.Logging.Abstractions;
using Scout.Machines.Definitions;
using Scout.Server.Definitions;
using Scout.Server.MachineDirectory;
using Scout.Server.Native;
using Scout.Testing;

namespace Scout.Server.Tests.MachineDirectory;

[Trait("attack", "A10")]
public sealed class DirectoryWatchTests
{
    private readonly FakeFolder folder = new();
    private readonly ManualTime time = new();
    private readonly List<DefinitionChange> changes = [];
    private readonly List<Exception> failures = [];

    [Fact]
    public async Task Changes_are_gathered_until_a_quarter_of_a_second_is_quiet()
    {
        await using DirectoryWatch watch = Started();
        folder.Write("/m/a.yaml", "checks: [ { name: a, plugin: /bin/true } ]");
        watch.Touched();
        await StepAsync(200);
        watch.Touched();
        await StepAsync(200);
        Assert.Empty(changes);
        await StepAsync(60);
        await Wait.UntilAsync(() => changes.Count == 1);
    }

    [Fact]
    public async Task A_folder_that_is_never_quiet_is_read_after_two_seconds()
    {
        await using DirectoryWatch watch = Started();
        folder.Write("/m/a.yaml", "checks: [ { name: a, plugin: /bin/true } ]");
        for (int i = 0; i < 12; i++)
        {
            watch.Touched();
            await StepAsync(200);
        }

        await Wait.UntilAsync(() => changes.Count == 1);
    }

    [Fact]
    public async Task Without_any_sign_the_folder_is_looked_at_every_ten_seconds()
    {
        await using DirectoryWatch watch = Started();
        folder.Write("/m/a.yaml", "checks: [ { name: a, plugin: /bin/true } ]");
        await StepAsync(9_900);
        Assert.Empty(changes);
        for (int i = 0; i < 20 && changes.Count == 0; i++) await StepAsync(100);
        Assert.Single(changes);
    }

    [Fact]
    public async Task A_reload_looks_at_contents_at_once()
    {
        folder.Write("/m/a.yaml", "checks: [ { name: a, plugin: /bin/true, interval: 1m } ]");
        await using DirectoryWatch watch = Started();
        folder.WriteQuietly("/m/a.yaml", "checks: [ { name: a, plugin: /bin/true, interval: 2m } ]");
        await watch.ReloadAsync().WaitAsync(TestNode.Patience);
        Assert.Equal(TimeSpan.FromMinutes(2), Assert.Single(changes).Batch.Definitions[0].Check!.Interval);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_look_that_dies_is_told_and_the_next_one_finds_what_changed(bool reading)
    {
        await using DirectoryWatch watch = Started();
        folder.Write("/m/a.yaml", "checks: [ { name: a, plugin: /bin/true } ]");
        if (reading) folder.ReadFault = new InvalidOperationException("nobody foresaw this");
        else folder.ListFault = new InvalidOperationException("nobody foresaw this");
        await watch.ReloadAsync().WaitAsync(TestNode.Patience);
        Assert.Equal("nobody foresaw this", Assert.Single(failures).Message);
        Assert.Empty(changes);
        for (int i = 0; i < 120 && changes.Count == 0; i++) await StepAsync(100);
        Assert.Equal("a", Assert.Single(changes).Batch.Definitions[0].Name);
    }

    [Fact]
    public void A_real_folder_lists_what_the_layout_says_and_nothing_else()
    {
        using var real = new TempFolder();
        foreach (string name in (string[])["a.yaml", "b.yml", "c/machine.yaml", "d/other.yaml", "e.test.yaml", ".f.yaml", "tmp/machine.yaml", "g.yaml~", "h/i/machine.yaml"]) real.Write(name, "x");
        Directory.CreateDirectory(real.File("data"));
        real.Write("data/linked.yaml", "x");
        File.CreateSymbolicLink(real.File("link.yaml"), real.File("data/linked.yaml"));
        File.CreateSymbolicLink(real.File("dangling.yaml"), real.File("nowhere"));
        FolderListing listing = new MachineFolder(real.Path, new FileTrust([])).List();
        Assert.Equal(["a.yaml", "b.yml", "c/machine.yaml", "dangling.yaml", "link.yaml"], listing.Files.Select(file => Path.GetRelativePath(real.Path, file.Path)));
        Assert.Equal("No such file or directory", listing.Files.Single(file => file.Path.EndsWith("dangling.yaml", StringComparison.Ordinal)).Problem);
    }

    [Fact]
    public void A_folder_writable_by_others_taints_its_files_unless_it_is_sticky()
    {
        using var real = new TempFolder();
        real.Write("a.yaml", "x");
        const UnixFileMode Open = (UnixFileMode)0b111_111_111;
        File.SetUnixFileMode(real.Path, Open);
        Assert.Equal($"{real.Path} is writable by others", Refusal(real)?.Message);
        File.SetUnixFileMode(real.Path, Open | UnixFileMode.StickyBit);
        Assert.Null(Refusal(real));
        File.SetUnixFileMode(real.File("a.yaml"), Open);
        Assert.Equal($"{real.File("a.yaml")} is writable by others", Refusal(real)?.Message);
    }

    [Fact]
    public void A_link_into_a_folder_that_others_may_write_is_refused()
    {
        using var real = new TempFolder();
        real.Write("open/a.yaml", "x");
        Directory.CreateDirectory(real.File("machines"));
        File.CreateSymbolicLink(real.File("machines/a.yaml"), real.File("open/a.yaml"));
        var machines = new MachineFolder(real.File("machines"), new FileTrust([]));
        Assert.Null(machines.List().Files[0].Refusal);
        File.SetUnixFileMode(real.File("open"), (UnixFileMode)0b111_111_111);
        Assert.Equal($"{real.File("open")} is writable by others", machines.List().Files[0].Refusal?.Message);
    }

    [Fact]
    public async Task The_kernel_says_when_a_file_or_one_in_a_new_folder_changes()
    {
        using var real = new TempFolder();
        int touched = 0;
        using FolderNotifier notifier = FolderNotifier.Start(real.Path, [], () => Interlocked.Increment(ref touched), out _)!;
        real.Write("a.yaml", "x");
        await Wait.UntilAsync(() => Volatile.Read(ref touched) > 0);
        Directory.CreateDirectory(real.File("new"));
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        notifier.Renew();
        Interlocked.Exchange(ref touched, 0);
        real.Write("new/machine.yaml", "x");
        await Wait.UntilAsync(() => Volatile.Read(ref touched) > 0);
    }

    [Fact]
    public async Task The_kernel_says_when_facts_or_overrides_change_and_not_what_else_happens_beside_them()
    {
        using var real = new TempFolder();
        Directory.CreateDirectory(real.File("machines"));
        Directory.CreateDirectory(real.File("etc"));
        int touched = 0;
        using FolderNotifier notifier = FolderNotifier.Start(real.File("machines"), [real.File("etc/facts.json")], () => Interlocked.Increment(ref touched), out _)!;
        real.Write("etc/other.json", "{}");
        real.Write("etc/facts.json.tmp", "{}");
        real.Write("etc/facts.json", "{}");
        await Wait.UntilAsync(() => Volatile.Read(ref touched) > 0);
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Interlocked.Exchange(ref touched, 0);
        real.Write("etc/other.json", "{}");
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        Assert.Equal(0, Volatile.Read(ref touched));
    }

    [Fact]
    public async Task A_changed_fact_is_known_long_before_the_next_rescan()
    {
        await using var node = new TestNode();
        string facts = node.Folder.Write("etc/facts.json", """{"role":"web"}""");
        node.Arguments = new() { Config = node.Folder.Write("server.yaml", $"facts: {facts}\n") };
        node.Machines("m.yaml", "checks: [ { name: a, builtin: heartbeat } ]\n");
        await node.StartAsync();
        node.Folder.Write("etc/facts.json", """{"role":"database"}""");
        await Wait.UntilAsync(async () => (await node.AskAsync("facts")).ToString().Contains("database", StringComparison.Ordinal), () => node.Log, TimeSpan.FromSeconds(6));
    }

    private DirectoryWatch Started()
    {
        var catalog = new DefinitionCatalog(folder, new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        catalog.Read(hash: true);
        var watch = new DirectoryWatch("/m", [], catalog, changes.Add, () => { }, failures.Add, time, NullLogger.Instance);
        watch.Start(notify: false);
        return watch;
    }

    // The watch goes on on pool threads: give them the floor before and after time moves.
    private async Task StepAsync(int milliseconds)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System);
        time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System);
    }

    private static FileRefusal? Refusal(TempFolder folder) => new MachineFolder(folder.Path, new FileTrust([])).List().Files[0].Refusal;
}
