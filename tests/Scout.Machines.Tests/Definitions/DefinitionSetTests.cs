using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

public sealed class DefinitionSetTests
{
    [Fact]
    public void The_first_path_to_use_a_name_owns_it_and_the_other_file_is_refused_whole()
    {
        DefinitionSet set = DefinitionSet.Combine([File("b.yaml", "disk", "load"), File("a.yaml", "disk")]);

        Assert.Equal(["a.yaml", "b.yaml"], set.Files.Select(file => file.Path));
        Assert.Equal(["disk"], set.Machines.Select(machine => machine.Name));
        Finding finding = Assert.Single(set.Files[1].Findings);
        Assert.Equal("b.yaml:2:11: error duplicate_machine: the machine 'disk' belongs to 'a.yaml'", finding.Headline);
        Assert.Equal("give it another name, or remove one of the two; the other one stands at a.yaml:2:11", finding.Hint);
        Assert.Equal("a.yaml", set.Owners["disk"]);
    }

    [Fact]
    public void A_path_given_twice_is_one_file() => Assert.Single(DefinitionSet.Combine([File("a.yaml", "disk"), File("a.yaml", "disk")]).Machines);

    [Fact]
    public void Names_that_differ_in_case_alone_are_one_name()
    {
        DefinitionSet set = DefinitionSet.Combine([File("a.yaml", "disk"), File("b.yaml", "Disk")]);

        Assert.Equal("the machine 'Disk' belongs to 'a.yaml', where it is called 'disk'", Assert.Single(set.Files[1].Findings).Message);
    }

    [Fact]
    public void An_owner_stays_until_the_name_goes()
    {
        DefinitionFile b = File("b.yaml", "disk");
        DefinitionSet first = DefinitionSet.Combine([b]);
        DefinitionSet second = DefinitionSet.Combine([File("a.yaml", "disk"), b], first.Owners);
        DefinitionSet third = DefinitionSet.Combine([File("a.yaml", "disk"), File("b.yaml", "load")], second.Owners);

        Assert.Equal("b.yaml", second.Owners["disk"]);
        Assert.True(second.Files[0].HasErrors);
        Assert.Equal("a.yaml", third.Owners["disk"]);
        Assert.Equal("b.yaml", third.Owners["load"]);
    }

    [Fact]
    public void A_file_that_turned_bad_keeps_its_names_because_its_last_good_version_runs()
    {
        DefinitionSet first = DefinitionSet.Combine([File("b.yaml", "disk")]);
        DefinitionSet second = DefinitionSet.Combine([File("a.yaml", "disk"), Reading.Read("checks: [", "b.yaml")], first.Owners);

        Assert.True(second.Files[0].HasErrors);
        Assert.Equal("b.yaml", second.Owners["disk"]);
        Assert.Empty(second.Machines);
    }

    [Fact]
    public void A_machine_that_moves_between_files_just_moves()
    {
        DefinitionSet first = DefinitionSet.Combine([File("a.yaml", "disk", "load"), File("b.yaml", "swap")]);
        DefinitionSet second = DefinitionSet.Combine([File("a.yaml", "load"), File("b.yaml", "swap", "disk")], first.Owners);

        Assert.DoesNotContain(second.Files, file => file.HasErrors);
        Assert.Equal("b.yaml", second.Owners["disk"]);
        Assert.Equal(first.Machines.Single(machine => machine.Name == "disk").Digest, second.Machines.Single(machine => machine.Name == "disk").Digest);
    }

    [Fact]
    public void A_cycle_over_files_refuses_the_file_that_closes_it()
    {
        DefinitionSet set = DefinitionSet.Combine(
            [Waiting("a.yaml", "a", "b"), Waiting("b.yaml", "b", "c"), Waiting("c.yaml", "c", "a"), Waiting("d.yaml", "d", "a")]);

        Assert.Equal(["a", "b", "d"], set.Machines.Select(machine => machine.Name));
        Finding finding = Assert.Single(set.Files[2].Findings);
        Assert.Equal("c.yaml:4:17: error dependency_cycle: machines wait for each other: c -> a -> b -> c", finding.Headline);
    }

    [Fact]
    public void A_cycle_inside_a_file_is_said_once()
    {
        DefinitionFile file = Reading.Read("""
            checks:
              - { name: a, plugin: x, depends_on: [b] }
              - { name: b, plugin: x, depends_on: [c] }
              - { name: c, plugin: x, depends_on: [b] }
              - { name: d, plugin: x, depends_on: [d] }
            """);

        Assert.Equal(
            ["3:39 machines wait for each other: b -> c -> b", "5:39 machines wait for each other: d -> d"],
            file.Findings.Select(finding => $"{finding.Line}:{finding.Column} {finding.Message}"));
    }

    [Fact]
    public void A_dependency_on_a_machine_that_is_nowhere_is_no_error() =>
        Assert.Single(DefinitionSet.Combine([Waiting("a.yaml", "a", "nowhere")]).Machines);

    [Fact]
    public void Ten_thousand_dependants_of_one_gateway_are_combined_at_once()
    {
        IEnumerable<DefinitionFile> files = Enumerable.Range(0, 500).Select(i => File($"f{i}.yaml", [.. Enumerable.Range(0, 20).Select(j => $"m{i}_{j}")], "gateway"));
        long before = TimeProvider.System.GetTimestamp();
        DefinitionSet set = DefinitionSet.Combine([.. files, File("gateway.yaml", "gateway")]);

        Assert.Equal(10_001, set.Machines.Length);
        Assert.InRange(TimeProvider.System.GetElapsedTime(before), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static DefinitionFile File(string path, params string[] names) => File(path, names, null);

    private static DefinitionFile File(string path, string[] names, string? parent) => Reading.Read(
        "checks:\n" + string.Concat(names.Select(name => $"  - name: {name}\n    plugin: check\n{(parent is null ? "" : $"    depends_on: [{parent}]\n")}")), path);

    private static DefinitionFile Waiting(string path, string name, string parent) => File(path, [name], parent);
}
