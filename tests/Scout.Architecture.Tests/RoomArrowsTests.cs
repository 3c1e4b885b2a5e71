using System.Xml.Linq;

namespace Scout.Architecture.Tests;

/// <summary>Holds the arrows between rooms (docs/architecture.md): a floor may know the floors below it, and no neighbour.</summary>
public sealed class RoomArrowsTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Scout.Machines"] = [],
        ["Scout.Checks"] = [],
        ["Scout.Nats"] = [],
        ["Scout.Protocol"] = [],
        ["Scout.Traffic"] = [],
        ["Scout.Kubernetes"] = [],
        ["Scout.Server"] = ["Scout.Machines", "Scout.Checks", "Scout.Nats", "Scout.Protocol", "Scout.Traffic", "Scout.Kubernetes"],
        ["Scout.Broker"] = ["Scout.Nats", "Scout.Protocol", "Scout.Kubernetes"],
        ["Scout.Cli"] = ["Scout.Server", "Scout.Broker"],
    };

    private static readonly string Source = Path.Combine(Scout.Testing.Repository.Root, "src");

    /// <summary>Source that rooms compile in: no room, no assembly, no arrow.</summary>
    private const string Ground = "Ground";

    [Fact]
    public void Every_room_is_on_the_plan() =>
        Assert.Equal(Allowed.Keys.Append(Ground).Order(StringComparer.Ordinal), Directory.GetDirectories(Source).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void The_ground_names_no_room_and_shows_nothing_of_itself()
    {
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Source, Ground), "*.csproj"));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Source, Ground), "*.cs"))
        {
            string text = File.ReadAllText(file);
            Assert.All(Allowed.Keys, room => Assert.DoesNotContain(room, text, StringComparison.Ordinal));
            Assert.DoesNotMatch("(?m)^public ", text);
        }
    }

    [Fact]
    public void A_room_references_only_what_the_plan_allows()
    {
        foreach ((string room, string[] allowed) in Allowed)
        {
            Assert.All(References(room), reference => Assert.Contains(reference, allowed));
        }
    }

    [Fact]
    public void Ground_floor_rooms_do_not_even_name_another_room()
    {
        string[] rooms = [.. Allowed.Keys];
        foreach (string room in rooms.Where(room => Allowed[room].Length == 0))
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(Source, room), "*.cs", SearchOption.AllDirectories))
            {
                string text = File.ReadAllText(file);
                Assert.All(rooms.Where(other => other != room), other =>
                    Assert.False(text.Contains($"using {other}", StringComparison.Ordinal), $"{Path.GetFileName(file)} uses {other}"));
            }
        }
    }

    private static IEnumerable<string> References(string room) =>
        XDocument.Load(Path.Combine(Source, room, room + ".csproj")).Descendants("ProjectReference")
            .Select(element => Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value));

}
