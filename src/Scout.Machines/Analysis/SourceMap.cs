using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Reading;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Analysis;

/// <summary>Where the parts of a machine stand in its file. Without a kept source everything is at the machine's name.</summary>
internal sealed class SourceMap
{
    private static readonly YamlMap Nothing = new(1, 1);

    private readonly MachinePlace place;
    private readonly bool isShortForm;

    public SourceMap(DefinitionFile file, MachineDefinition machine)
    {
        int index = file.Machines.IndexOf(machine);
        place = index >= 0 && index < file.Places.Length ? file.Places[index] : new MachinePlace(1, 1, 1, 1, null);
        isShortForm = machine.IsShortForm;
    }

    /// <summary>The name of the machine.</summary>
    public (int Line, int Column) Machine => (place.Line, place.Column);

    /// <summary>A key of the machine or check, or the machine.</summary>
    public (int Line, int Column) Key(string key) => At(Root.Find(key));

    public (int Line, int Column) Transition(int index) => At((Item("transitions", index) as YamlMap)?.Find("name"));

    public (int Line, int Column) WatcherName(int index) => isShortForm ? At(index == 0 ? Root.Find("name") : Root.FindKey("remediate")) : At(Watcher(index).Find("name"));

    /// <summary>The mapping of a watcher; of the short form the check, or <c>remediate</c>.</summary>
    public YamlMap Watcher(int index) => isShortForm
        ? index == 0 ? Root : Root.Find("remediate") as YamlMap ?? Nothing
        : Item("watchers", index) as YamlMap ?? Nothing;

    /// <summary>The mapping of the properties of a watcher.</summary>
    public YamlMap Properties(int index) => isShortForm ? Watcher(index) : Watcher(index).Find("properties") as YamlMap ?? Nothing;

    /// <summary>The first place that names a state; of the short form the machine.</summary>
    public (int Line, int Column) State(string state)
    {
        YamlNode? inFrom = null;
        if (!isShortForm && Root.Find("transitions") is YamlList list)
        {
            foreach (YamlMap transition in list.Items.OfType<YamlMap>())
            {
                if (transition.Find("destination") is YamlScalar destination && destination.Text == state) return At(destination);
                if (transition.Find("from") is YamlList from) inFrom ??= from.Items.OfType<YamlScalar>().FirstOrDefault(item => item.Text == state);
            }
        }

        return At(inFrom);
    }

    public (int Line, int Column) At(YamlNode? node) => node is null || ReferenceEquals(node, Nothing) ? Machine : (node.Line, node.Column);

    public YamlMap Root => place.Source ?? Nothing;

    private YamlNode? Item(string key, int index) => Root.Find(key) is YamlList list && index < list.Items.Count ? list.Items[index] : null;
}
