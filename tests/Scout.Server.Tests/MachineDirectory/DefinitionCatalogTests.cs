using Scout.Machines.Definitions;
using Scout.Server.Definitions;
using Scout.Server.MachineDirectory;
using Scout.Server.Native;

namespace Scout.Server.Tests.MachineDirectory;

public sealed class DefinitionCatalogTests
{
    private readonly FakeFolder folder = new();

    [Fact]
    public void The_first_reading_gives_all_good_definitions()
    {
        folder.Write("/m/a.yaml", Check("a"));
        folder.Write("/m/b/machine.yaml", Check("b"));
        DefinitionChange change = Catalog().Read(hash: true)!;
        Assert.Equal(["a", "b"], Names(change));
        Assert.Empty(change.Refused);
    }

    [Fact]
    public void Nothing_new_is_no_batch()
    {
        folder.Write("/m/a.yaml", Check("a"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        Assert.Null(catalog.Read(hash: false));
        Assert.Null(catalog.Read(hash: true));
        Assert.False(catalog.LooksChanged());
    }

    [Fact]
    public void A_file_that_turns_bad_keeps_its_last_good_version_and_says_so_once()
    {
        folder.Write("/m/a.yaml", Check("a"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Write("/m/a.yaml", "checks:\n  - { name: a, plugn: x }\n");
        DefinitionChange change = catalog.Read(hash: false)!;
        Assert.Equal(["a"], Names(change));
        Assert.StartsWith("/m/a.yaml:2:", change.Batch.Errors["a"], StringComparison.Ordinal);
        Assert.Equal((1, 0), (change.LastGood, change.Refused.Length));
        Assert.NotEmpty(change.News);
        folder.Write("/m/b.yaml", Check("b"));
        Assert.Empty(catalog.Read(hash: false)!.News);
    }

    [Fact]
    public void A_file_changed_a_moment_ago_keeps_its_last_good_version_until_it_rests()
    {
        folder.Write("/m/a.yaml", Check("a"));
        folder.Write("/m/b.yaml", Check("b"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Write("/m/a.yaml", Check("a", interval: "2m"));
        folder.Write("/m/b.yaml", Check("b", interval: "2m"));
        long rested = folder.Now;
        folder.Write("/m/a.yaml", Check("half", interval: "2m"));
        folder.Write("/m/new.yaml", Check("new"));
        DefinitionChange change = catalog.Read(hash: false, rested)!;
        Assert.Equal(["a", "b"], Names(change));
        Assert.Equal((TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)), (change.Batch.Definitions[0].Check!.Interval, change.Batch.Definitions[1].Check!.Interval));
        Assert.True(catalog.Moving && catalog.LooksChanged());
        folder.Write("/m/a.yaml", Check("a", interval: "3m"));
        change = catalog.Read(hash: false, folder.Now)!;
        Assert.Equal(["a", "b", "new"], Names(change));
        Assert.Equal(TimeSpan.FromMinutes(3), change.Batch.Definitions[0].Check!.Interval);
        Assert.False(catalog.Moving);
    }

    [Fact]
    public void A_file_that_changes_while_it_is_read_is_read_again_and_one_that_never_rests_is_read_in_the_end()
    {
        folder.Write("/m/a.yaml", Check("a"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Write("/m/a.yaml", Check("half"));
        int looks = 0;
        folder.Looked = path => folder.Write(path, Check("half" + ++looks));
        for (int look = 0; look < 4; look++)
        {
            Assert.Null(catalog.Read(hash: false));
            Assert.True(catalog.Moving);
        }

        Assert.Equal("half4", Assert.Single(catalog.Read(hash: false)!.Batch.Definitions).Name);
        folder.Looked = null;
        folder.Write("/m/a.yaml", Check("whole"));
        Assert.Equal(["whole"], Names(catalog.Read(hash: false)!));
        folder.Write("/m/b.yaml", Check("b"));
        Assert.Null(catalog.Read(hash: false, folder.Now - 1));
        folder.Delete("/m/b.yaml");
        Assert.Null(catalog.Read(hash: false));
        Assert.False(catalog.Moving);
    }

    [Fact]
    public void A_mended_file_has_no_error_any_more()
    {
        folder.Write("/m/a.yaml", Check("a"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Write("/m/a.yaml", "broken");
        catalog.Read(hash: false);
        folder.Write("/m/a.yaml", Check("a", interval: "2m"));
        DefinitionChange change = catalog.Read(hash: false)!;
        Assert.Empty(change.Batch.Errors);
        Assert.Equal(TimeSpan.FromMinutes(2), change.Batch.Definitions[0].Check!.Interval);
    }

    [Fact]
    public void A_file_that_never_was_good_is_refused()
    {
        folder.Write("/m/a.yaml", "broken");
        DefinitionChange change = Catalog().Read(hash: true)!;
        Assert.Empty(change.Batch.Definitions);
        Assert.Equal("/m/a.yaml", change.Refused[0].Path);
        Assert.True(change.HasErrors);
    }

    [Fact]
    public void A_machine_that_moves_between_files_just_moves()
    {
        folder.Write("/m/a.yaml", Check("x"));
        DefinitionCatalog catalog = Catalog();
        string digest = catalog.Read(hash: true)!.Batch.Definitions[0].Digest;
        folder.Delete("/m/a.yaml");
        folder.Write("/m/b.yaml", Check("x"));
        DefinitionChange change = catalog.Read(hash: false)!;
        Assert.Equal(digest, Assert.Single(change.Batch.Definitions).Digest);
    }

    [Fact]
    public void A_deleted_file_takes_its_machines_along()
    {
        folder.Write("/m/a.yaml", Check("a"));
        folder.Write("/m/b.yaml", Check("b"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Delete("/m/a.yaml");
        Assert.True(catalog.LooksChanged());
        Assert.Equal(["b"], Names(catalog.Read(hash: false)!));
    }

    [Fact]
    public void An_unreadable_folder_is_not_an_empty_one()
    {
        folder.Write("/m/a.yaml", Check("a"));
        folder.Write("/m/s/machine.yaml", Check("s"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Hide("/m");
        Assert.False(catalog.LooksChanged());
        Assert.Null(catalog.Read(hash: true));
        Assert.Equal("/m", catalog.Blind[0].Key);
        folder.Show();
        Assert.Null(catalog.Read(hash: false));
    }

    [Fact]
    public void A_file_that_becomes_unreadable_keeps_its_last_good_version()
    {
        folder.Write("/m/a.yaml", Check("a"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Set("/m/a.yaml", problem: "Permission denied");
        DefinitionChange change = catalog.Read(hash: false)!;
        Assert.Equal(["a"], Names(change));
        Assert.Contains("unreadable", change.Batch.Errors["a"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_others_may_write_is_refused_with_the_chmod()
    {
        folder.Write("/m/a.yaml", Check("a"));
        folder.Set("/m/a.yaml", refusal: new FileRefusal("/m/a.yaml is writable by others", "chmod o-w /m/a.yaml"));
        DefinitionChange change = Catalog().Read(hash: true)!;
        Assert.Contains("unsafe_permissions", change.Refused[0].Error, StringComparison.Ordinal);
        Assert.Equal("chmod o-w /m/a.yaml", change.News[0].Hint);
    }

    [Fact]
    public void Changed_content_behind_the_same_size_and_time_is_found_by_its_hash()
    {
        folder.Write("/m/a.yaml", Check("a", interval: "1m"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.WriteQuietly("/m/a.yaml", Check("a", interval: "2m"));
        Assert.Null(catalog.Read(hash: false));
        Assert.Equal(TimeSpan.FromMinutes(2), catalog.Read(hash: true)!.Batch.Definitions[0].Check!.Interval);
    }

    [Fact]
    public void A_touched_file_with_the_same_content_is_no_batch()
    {
        folder.Write("/m/a.yaml", Check("a"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Write("/m/a.yaml", Check("a"));
        Assert.Null(catalog.Read(hash: false));
    }

    [Fact]
    public void The_first_to_use_a_name_owns_it_until_it_goes()
    {
        folder.Write("/m/b.yaml", Check("x"));
        DefinitionCatalog catalog = Catalog();
        catalog.Read(hash: true);
        folder.Write("/m/a.yaml", Check("x", interval: "9m"));
        DefinitionChange change = catalog.Read(hash: false)!;
        Assert.Equal("/m/b.yaml", Assert.Single(change.Batch.Definitions).File);
        Assert.Equal("/m/a.yaml", change.Refused[0].Path);
        folder.Delete("/m/b.yaml");
        Assert.Equal("/m/a.yaml", Assert.Single(catalog.Read(hash: false)!.Batch.Definitions).File);
    }

    [Fact]
    public void Of_too_many_machines_those_that_run_stay_and_a_new_file_is_refused_with_the_number()
    {
        static string Two(string one, string other) => $"checks:\n  - {{ name: {one}, plugin: x }}\n  - {{ name: {other}, plugin: x }}\n";
        folder.Write("/m/n.yaml", Two("a", "b"));
        folder.Write("/m/z.yaml", Check("c"));
        var catalog = new DefinitionCatalog(folder, new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance }, machineLimit: 3);
        Assert.Equal(["a", "b", "c"], Names(catalog.Read(hash: true)!));

        folder.Write("/m/first.yaml", Check("new"));
        DefinitionChange change = catalog.Read(hash: false)!;
        Assert.Equal(["a", "b", "c"], Names(change));
        Assert.Equal("/m/first.yaml:1:1: error out_of_range: with its 1 machines this node would have over 3", Assert.Single(change.Refused).Error);
        Assert.NotEmpty(Assert.Single(change.News).Hint);
        Assert.Equal(1, catalog.LimitReached);

        folder.Write("/m/z.yaml", Two("c", "d"));
        change = catalog.Read(hash: false)!;
        Assert.Equal(["a", "b", "c"], Names(change));
        Assert.StartsWith("/m/z.yaml:1:1: error out_of_range: with its 2 machines", change.Batch.Errors["c"], StringComparison.Ordinal);

        folder.Write("/m/n.yaml", Check("a"));
        Assert.Equal(["a", "c", "d"], Names(catalog.Read(hash: false)!));
        folder.Write("/m/z.yaml", Check("c"));
        change = catalog.Read(hash: false)!;
        Assert.Equal(["a", "c", "new"], Names(change));
        Assert.False(change.HasErrors);

        // A file that broke goes on with its last good machines, and they count.
        folder.Write("/m/n.yaml", "checks: [\n");
        folder.Write("/m/z.yaml", Two("c", "d"));
        change = catalog.Read(hash: false)!;
        Assert.Equal(["a", "c", "new"], Names(change));
        Assert.StartsWith("/m/z.yaml:1:1: error out_of_range: with its 2 machines", change.Batch.Errors["c"], StringComparison.Ordinal);
    }

    private static string Check(string name, string interval = "1m") => $"checks:\n  - {{ name: {name}, plugin: /bin/true, interval: {interval} }}\n";

    private static IEnumerable<string> Names(DefinitionChange change) => change.Batch.Definitions.Select(one => one.Name).Order(StringComparer.Ordinal);

    private DefinitionCatalog Catalog() => new(folder, new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
}
