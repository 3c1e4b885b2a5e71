using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Scout.Mesh.Simulation;

/// <summary>Reads fault scripts; strict, with line and column.</summary>
internal static class FaultScriptReader
{
    public static IReadOnlyList<FaultScript> Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. ((YamlSequenceNode)stream.Documents[0].RootNode).Select(Script)];
    }

    private static FaultScript Script(YamlNode node)
    {
        Dictionary<string, YamlNode> map = Map(node, "name", "nodes", "zones", "loss", "warm", "run", "steps", "expect");
        var script = new FaultScript { Name = Word(map["name"]), Expect = Expect(map["expect"]) };
        if (map.TryGetValue("nodes", out YamlNode? nodes)) script = script with { Nodes = (int)Number(nodes) };
        if (map.TryGetValue("zones", out YamlNode? zones)) script = script with { Zones = (int)Number(zones) };
        if (map.TryGetValue("loss", out YamlNode? loss)) script = script with { Loss = Number(loss) };
        if (map.TryGetValue("warm", out YamlNode? warm)) script = script with { Warm = Seconds(warm) };
        if (map.TryGetValue("run", out YamlNode? run)) script = script with { Run = Seconds(run) };
        return map.TryGetValue("steps", out YamlNode? steps) ? script with { Steps = [.. ((YamlSequenceNode)steps).Select(Step)] } : script;
    }

    private static ScriptStep Step(YamlNode node)
    {
        Dictionary<string, YamlNode> map = Map(node, "at", "fault", "heal", "kill", "drain", "stall", "churn");
        double at = Seconds(map["at"]);
        (string what, YamlNode value) = map.Single(static pair => pair.Key != "at");
        switch (what)
        {
            case "fault":
                Dictionary<string, YamlNode> fault = Map(value, "node", "pair", "zone_pair", "zone", "direction", "loss", "delay", "narrow");
                SimWay way = fault.TryGetValue("direction", out YamlNode? direction) ? Word(direction) switch
                {
                    "egress" or "forward" => SimWay.Egress,
                    "ingress" or "reverse" => SimWay.Ingress,
                    "both" => SimWay.Both,
                    _ => throw Bad(direction, "direction is egress, ingress or both"),
                } : SimWay.Both;
                return new FaultStepOf(
                    at, TargetOf(fault, value), way, fault.TryGetValue("loss", out YamlNode? loss) ? Number(loss) : 0, fault.TryGetValue("delay", out YamlNode? delay) ? Seconds(delay) * 1000 : 0,
                    fault.TryGetValue("narrow", out YamlNode? narrow) && Word(narrow) == "true");
            case "heal":
                return new HealStep(at);
            case "kill":
                return value is YamlSequenceNode names ? new KillStep(at, [.. names.Select(Word)], 0)
                    : int.TryParse(Word(value), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? new KillStep(at, [], count)
                    : new KillStep(at, [Word(value)], 0);
            case "drain":
                return new DrainStep(at, Word(value));
            case "stall":
                Dictionary<string, YamlNode> stall = Map(value, "node", "for");
                return new StallStep(at, Word(stall["node"]), Seconds(stall["for"]));
            default:
                return new ChurnStep(at, Number(value));
        }
    }

    private static Expectation Expect(YamlNode node)
    {
        Dictionary<string, YamlNode> map = Map(node, "confirmed", "p50", "p99", "imprecise", "may", "cleared");
        IReadOnlyList<Target> targets = [];
        bool killed = false;
        if (map.TryGetValue("confirmed", out YamlNode? confirmed))
        {
            if (confirmed is YamlSequenceNode list) targets = [.. list.Select(one => TargetOf(Map(one, "node", "pair", "zone_pair", "zone"), one))];
            else if (Word(confirmed) == "killed") killed = true;
            else if (Word(confirmed) != "none") throw Bad(confirmed, "confirmed is a list, 'killed' or 'none'");
        }

        return new Expectation(
            targets, killed, Optional(map, "p50"), Optional(map, "p99"), map.TryGetValue("imprecise", out YamlNode? imprecise) && Word(imprecise) == "true",
            map.TryGetValue("may", out YamlNode? may) ? [.. ((YamlSequenceNode)may).Select(Word)] : [], Optional(map, "cleared"));
    }

    private static Target TargetOf(Dictionary<string, YamlNode> map, YamlNode at)
    {
        if (map.TryGetValue("node", out YamlNode? node)) return new Target(SimFaultKind.Node, Word(node), null);
        if (map.TryGetValue("zone", out YamlNode? zone)) return new Target(SimFaultKind.Zone, Word(zone), null);
        if (map.TryGetValue("pair", out YamlNode? pair)) return new Target(SimFaultKind.Pair, Word(pair[0]), Word(pair[1]));
        if (map.TryGetValue("zone_pair", out YamlNode? zones)) return new Target(SimFaultKind.ZonePair, Word(zones[0]), Word(zones[1]));
        throw Bad(at, "a fault sits on node, pair, zone_pair or zone");
    }

    private static double? Optional(Dictionary<string, YamlNode> map, string key) => map.TryGetValue(key, out YamlNode? node) ? Seconds(node) : null;

    private static Dictionary<string, YamlNode> Map(YamlNode node, params string[] keys)
    {
        if (node is not YamlMappingNode mapping) throw Bad(node, $"a map with {string.Join(", ", keys)}");
        var map = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach ((YamlNode key, YamlNode value) in mapping)
        {
            if (!keys.Contains(Word(key))) throw Bad(key, $"'{Word(key)}' is none of {string.Join(", ", keys)}");
            map.Add(Word(key), value);
        }

        return map;
    }

    private static string Word(YamlNode node) => (node as YamlScalarNode)?.Value ?? throw Bad(node, "a word");

    private static double Number(YamlNode node)
    {
        string text = Word(node);
        bool percent = text.EndsWith('%');
        return double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? percent ? number / 100 : number : throw Bad(node, "a number");
    }

    private static double Seconds(YamlNode node)
    {
        string text = Word(node);
        (string number, double unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 0.001) : text.EndsWith('m') ? (text[..^1], 60) : text.EndsWith('s') ? (text[..^1], 1) : (text, 1);
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value * unit : throw Bad(node, "a time such as 250ms, 3s or 5m");
    }

    private static FormatException Bad(YamlNode node, string wanted) => new($"{node.Start.Line}:{node.Start.Column}: wanted {wanted}");
}
