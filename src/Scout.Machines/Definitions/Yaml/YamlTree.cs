using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Scout.Machines.Definitions.Yaml;

/// <summary>
/// One document as a tree with places, built from parser events without recursion: depth and size are checked before anything grows, and an alias
/// costs nothing but its count.
/// </summary>
public sealed class YamlTree
{
    /// <summary>Bytes of a file.</summary>
    public const int LargestFile = 1024 * 1024;

    private const int MostNodes = 200_000;
    private const int Deepest = 32;

    // A definition has a few dozen; a megabyte of nothing but keys costs little memory then.
    private const int MostKeys = 10_000;

    private readonly Dictionary<string, YamlNode> anchors = new(StringComparer.Ordinal);
    private readonly Stack<Frame> open = new();
    private readonly List<YamlProblem> problems;
    private YamlNode? root;
    private int nodes;
    private bool stopped;

    private YamlTree(List<YamlProblem> problems) => this.problems = problems;

    /// <summary>Builds the tree; null when there is none. Duplicate keys are reported and reading goes on, all else ends it.</summary>
    public static YamlNode? Read(ReadOnlySpan<byte> content, List<YamlProblem> problems)
    {
        if (content.Length > LargestFile)
        {
            problems.Add(new YamlProblem(1, 1, FindingKind.TooLarge, "the file is larger than 1 MiB", "spread the checks over several files"));
            return null;
        }

        if (!YamlText.TryDecode(content, out string text, out YamlProblem problem))
        {
            problems.Add(problem);
            return null;
        }

        var tree = new YamlTree(problems);
        tree.Build(text);
        return tree.stopped ? null : tree.root;
    }

    private void Build(string text)
    {
        var parser = new Parser(new Scanner(new StringReader(text)));
        Mark last = Mark.Empty;
        try
        {
            while (!stopped && parser.MoveNext())
            {
                last = parser.Current!.Start;
                Handle(parser.Current);
            }
        }
        catch (YamlException error)
        {
            Mark at = error.Start.Line > 0 ? error.Start : last;
            stopped = true;
            problems.Add(YamlMistakes.Explain(error.Message, text, Line(at), Column(at)));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The parser lets some malformed texts out as other exceptions; the file is wrong either way.
            stopped = true;
            problems.Add(YamlMistakes.Explain("", text, Line(last), Column(last)));
        }
    }

    private void Handle(ParsingEvent current)
    {
        switch (current)
        {
            case DocumentStart when root is not null:
                Stop(current.Start, FindingKind.YamlSyntax, "a second document", "one file is one document; leave out '---'");
                break;
            case Scalar scalar:
                if (Tagged(scalar)) break;
                Add(new YamlScalar(Line(scalar.Start), Column(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain), scalar.Anchor, scalar.Start);
                break;
            case SequenceStart sequence:
                if (!Tagged(sequence)) Open(new YamlList(Line(sequence.Start), Column(sequence.Start)), sequence.Anchor, sequence.Start);
                break;
            case MappingStart mapping:
                if (!Tagged(mapping)) Open(new YamlMap(Line(mapping.Start), Column(mapping.Start)), mapping.Anchor, mapping.Start);
                break;
            case SequenceEnd or MappingEnd:
                Close(current.Start);
                break;
            case AnchorAlias alias:
                if (anchors.TryGetValue(alias.Value.Value, out YamlNode? node)) Place(node, alias.Start);
                else Stop(alias.Start, FindingKind.YamlSyntax, $"the alias {Show.Quote(alias.Value.Value)} has no anchor before it", "write '&name' at the node it means");
                break;
        }
    }

    private void Open(YamlNode node, AnchorName anchor, Mark at)
    {
        if (open.Count >= Deepest)
        {
            Stop(at, FindingKind.TooLarge, $"nested deeper than {Deepest} levels", "a definition needs six");
            return;
        }

        if (Count(1, at)) open.Push(new Frame(node, anchor.IsEmpty ? null : anchor.Value));
    }

    private void Add(YamlNode node, AnchorName anchor, Mark at)
    {
        if (!Count(1, at)) return;
        if (!anchor.IsEmpty) anchors[anchor.Value] = node;
        Put(node, at);
    }

    // An alias: as large and as deep as what it names.
    private void Place(YamlNode node, Mark at)
    {
        if (open.Count + node.Height >= Deepest + (node is YamlScalar ? 1 : 0))
        {
            Stop(at, FindingKind.TooLarge, $"nested deeper than {Deepest} levels", "a definition needs six");
            return;
        }

        if (Count(node.Size, at)) Put(node, at);
    }

    private void Close(Mark at)
    {
        if (stopped) return;
        Frame frame = open.Pop();
        // An anchor counts from its end on: a node cannot hold itself.
        if (frame.Anchor is not null) anchors[frame.Anchor] = frame.Node;
        Put(frame.Node, at);
    }

    private void Put(YamlNode node, Mark at)
    {
        if (stopped) return;
        if (!open.TryPeek(out Frame? parent))
        {
            root = node;
            return;
        }

        parent.Node.Size += node.Size;
        parent.Node.Height = Math.Max(parent.Node.Height, node.Height + 1);
        if (parent.Node is YamlList list)
        {
            list.Items.Add(node);
            return;
        }

        var map = (YamlMap)parent.Node;
        if (parent.Key is null)
        {
            if (node is YamlScalar key) parent.Key = key;
            else Stop(new Mark(0, node.Line, node.Column), FindingKind.YamlSyntax, $"a key is {node.Kind}", "keys are texts; a template that begins with '{{' needs quotes");
            return;
        }

        YamlScalar name = parent.Key;
        parent.Key = null;
        if (map.Entries.Count >= MostKeys) Stop(new Mark(0, name.Line, name.Column), FindingKind.TooLarge, $"more than {MostKeys} keys in one mapping", "a definition has a few dozen");
        else if (name.Text == "<<") Merge(parent, map, name, node);
        else if (parent.Keys.TryAdd(name.Text, map.Entries.Count)) map.Entries.Add(new(name, node));
        else if (parent.Merged?.Remove(name.Text) == true) map.Entries[parent.Keys[name.Text]] = new(name, node);
        else Duplicate(name, map.Entries[parent.Keys[name.Text]].Key);
    }

    // What a mapping says itself goes before what it merges, wherever the merge stands.
    private void Merge(Frame parent, YamlMap map, YamlScalar key, YamlNode from)
    {
        IEnumerable<YamlNode> sources = from is YamlList list ? list.Items : [from];
        foreach (YamlNode source in sources)
        {
            if (source is not YamlMap merged)
            {
                problems.Add(new YamlProblem(key.Line, key.Column, FindingKind.YamlSyntax, $"'<<' merges mappings, not {source.Kind}", "write '<<: *name'"));
                return;
            }

            foreach (KeyValuePair<YamlScalar, YamlNode> entry in merged.Entries)
            {
                if (!parent.Keys.TryAdd(entry.Key.Text, map.Entries.Count)) continue;
                (parent.Merged ??= new(StringComparer.Ordinal)).Add(entry.Key.Text);
                map.Entries.Add(entry);
            }
        }
    }

    private void Duplicate(YamlScalar name, YamlScalar first)
    {
        // More than anybody reads is no use, and a megabyte of them is a lot of memory.
        if (problems.Count >= FindingList.Most) return;
        problems.Add(new YamlProblem(
            name.Line, name.Column, FindingKind.DuplicateKey, $"{Show.Quote(name.Text)} a second time", $"the first one stands at {first.Line}:{first.Column}"));
    }

    private bool Count(int size, Mark at)
    {
        nodes += size;
        if (nodes <= MostNodes) return true;
        Stop(at, FindingKind.TooLarge, $"more than {MostNodes} nodes, aliases counted each time", "use fewer aliases, or several files");
        return false;
    }

    private bool Tagged(NodeEvent node)
    {
        if (node.Tag.IsEmpty || node.Tag.IsNonSpecific) return false;
        if (node.Tag.Value is "tag:yaml.org,2002:str" or "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" or "tag:yaml.org,2002:bool"
            or "tag:yaml.org,2002:map" or "tag:yaml.org,2002:seq") return false;
        Stop(node.Start, FindingKind.YamlSyntax, $"the tag {Show.Quote(node.Tag.Value)}", "a scalar is its text; leave the tag out");
        return true;
    }

    private void Stop(Mark at, string kind, string message, string hint)
    {
        stopped = true;
        problems.Add(new YamlProblem(Line(at), Column(at), kind, message, hint));
    }

    private static int Line(Mark mark) => (int)Math.Max(1, mark.Line);

    private static int Column(Mark mark) => (int)Math.Max(1, mark.Column);

    private sealed class Frame(YamlNode node, string? anchor)
    {
        private Dictionary<string, int>? keys;

        public YamlNode Node => node;

        public string? Anchor => anchor;

        /// <summary>The key whose value comes next.</summary>
        public YamlScalar? Key { get; set; }

        /// <summary>Where in the entries each key stands; of lists unused.</summary>
        public Dictionary<string, int> Keys => keys ??= new(StringComparer.Ordinal);

        /// <summary>Keys that came by a merge and may still be said anew.</summary>
        public HashSet<string>? Merged { get; set; }
    }
}
