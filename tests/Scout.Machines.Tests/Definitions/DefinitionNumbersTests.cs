using System.Text;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

/// <summary>The numbers of machines.md section 12. Alone, because memory is that of the whole process.</summary>
[Collection(nameof(Alone))]
public sealed class DefinitionNumbersTests
{
    [Fact]
    public void Reading_a_thousand_checks_costs_memory_in_proportion()
    {
        var yaml = new StringBuilder("checks:\n");
        for (int i = 0; i < 1000; i++)
            yaml.Append($"  - name: disk_{i}\n    plugin: check_disk -w 20% -c 10% -p /srv/{i}\n    interval: 1m\n    attempts: 3\n    labels: {{ team: storage, n: '{i}' }}\n");
        byte[] bytes = Encoding.UTF8.GetBytes(yaml.ToString());
        DefinitionReader.Read("warm.yaml", bytes, Reading.Options with { KeepSource = false });

        // Octets allocated stand for work: a busy machine changes them not. What is quadratic is out by far.
        long before = GC.GetAllocatedBytesForCurrentThread();
        DefinitionFile file = DefinitionReader.Read("a.yaml", bytes, Reading.Options with { KeepSource = false });
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;

        Assert.Equal(1000, file.Machines.Length);
        Assert.InRange(each, 1_000, 20_000);
    }

    [Fact]
    public void A_definition_of_a_check_is_small()
    {
        var yaml = new StringBuilder("checks:\n");
        for (int i = 0; i < 1000; i++) yaml.Append($"  - name: disk_{i}\n    plugin: check_disk -w 20% -c 10% -p /srv/{i}\n    labels: {{ team: storage }}\n");
        byte[] bytes = Encoding.UTF8.GetBytes(yaml.ToString());
        DefinitionReader.Read("warm.yaml", bytes, Reading.Options with { KeepSource = false });

        long before = GC.GetTotalMemory(forceFullCollection: true);
        DefinitionFile file = DefinitionReader.Read("a.yaml", bytes, Reading.Options with { KeepSource = false });
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / file.Machines.Length;

        Assert.Equal(1000, file.Machines.Length);
        Assert.InRange(each, 100, 2048);
    }
}
