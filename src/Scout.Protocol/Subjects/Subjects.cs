using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Scout.Protocol;

/// <summary>All subjects of Scout (design.md 5, nats.md 11 to 14). Building throws <see cref="ArgumentException"/> on a bad name; parsing says no.</summary>
public static class Subjects
{
    public const string AllEvents = "scout.event.>";

    public const string AllLifecycle = "scout.lifecycle.>";

    /// <summary>Live copies of roster entries, without rights on the bucket.</summary>
    public const string AllRoster = "scout.roster.>";

    /// <summary>The key-value bucket of the roster.</summary>
    public const string RosterBucket = "SCOUT_NODES";

    /// <summary>Subject of the bucket, before the key.</summary>
    public const string RosterPrefix = "$KV.SCOUT_NODES.";

    /// <summary>The key-value bucket of the mesh.</summary>
    public const string MeshBucket = "SCOUT_MESH";

    /// <summary>Subject of that bucket, before the key.</summary>
    public const string MeshPrefix = "$KV.SCOUT_MESH.";

    public const string AllMeshLoss = "scout.mesh.loss.*";

    public const string AllMeshReports = "scout.mesh.report.*";

    public const string AllMeshFaults = "scout.mesh.fault.*";

    /// <summary>Renewals of all nodes.</summary>
    public const string AllRenewals = "scout.renew.*";

    /// <summary>Signed requests of admins to the provisioner.</summary>
    public const string AllAdmin = "scout.admin.*";

    /// <summary>First requests of token holders, in the provisioner's account.</summary>
    public const string AllEnrolments = "scout.enroll.*";

    /// <summary>Requests of nodes that slept past their expiry, in the provisioner's account.</summary>
    public const string AllRecoveries = "scout.recover.*";

    private const string PlaceSuffix = ".place";

    private static readonly string[] Kinds = ["transition", "check", "state", "watcher"];
    private static readonly string[] Lifecycles = ["startup", "alive", "shutdown"];

    /// <summary><c>scout.event.NODE.MACHINE.KIND</c>; the machine may be <see cref="Names.NodeItself"/>.</summary>
    public static string Event(string node, string machine, EventKind kind) => $"scout.event.{Node(node)}.{MachineOrNode(machine)}.{Kinds[(int)kind]}";

    /// <summary>A filter over events; null stands for every node, machine or kind.</summary>
    public static string EventFilter(string? node, string? machine, EventKind? kind) =>
        $"scout.event.{(node is null ? "*" : Node(node))}.{(machine is null ? "*" : MachineOrNode(machine))}.{(kind is { } one ? Kinds[(int)one] : "*")}";

    /// <summary><c>scout.lifecycle.NODE.KIND</c>.</summary>
    public static string Lifecycle(string node, LifecycleKind kind) => $"scout.lifecycle.{Node(node)}.{Lifecycles[(int)kind]}";

    /// <summary><c>scout.rpc.node.NODE.ACTION</c>.</summary>
    public static string RpcNode(string node, RpcAction action) => $"scout.rpc.node.{Node(node)}.{RpcActions.Name(action)}";

    /// <summary><c>scout.rpc.group.GROUP.ACTION</c>.</summary>
    public static string RpcGroup(string group, RpcAction action) => $"scout.rpc.group.{Group(group)}.{RpcActions.Name(action)}";

    /// <summary><c>scout.rpc.all.ACTION</c>.</summary>
    public static string RpcAll(RpcAction action) => $"scout.rpc.all.{RpcActions.Name(action)}";

    /// <summary>What a node listens to: itself, its groups, all.</summary>
    public static IReadOnlyList<string> RpcSubscriptions(string node, IEnumerable<string> groups) =>
        [$"scout.rpc.node.{Node(node)}.*", .. groups.Select(group => $"scout.rpc.group.{Group(group)}.*"), "scout.rpc.all.*"];

    /// <summary>Subject of a node's entry in the roster bucket.</summary>
    public static string RosterKey(string node) => RosterPrefix + Node(node);

    /// <summary>Subject of a node's place in the roster bucket, which the broker writes.</summary>
    public static string PlaceKey(string node) => RosterPrefix + PlaceName(node);

    /// <summary>Key of a node's place in the roster bucket.</summary>
    public static string PlaceName(string node) => Node(node) + PlaceSuffix;

    /// <summary><c>scout.mesh.loss.NODE</c>.</summary>
    public static string MeshLoss(string node) => "scout.mesh.loss." + Node(node);

    /// <summary><c>scout.mesh.report.NODE</c>.</summary>
    public static string MeshReport(string node) => "scout.mesh.report." + Node(node);

    /// <summary><c>scout.mesh.fault.ID</c>.</summary>
    public static string MeshFault(string id) =>
        Mesh.MeshFault.IsId(id) ? "scout.mesh.fault." + id : throw new ArgumentException($"'{Shown.Clip(id)}' is no id of a fault (f- and 6 to 16 hexadecimal digits)", nameof(id));

    /// <summary>Key of a fault in the bucket of the mesh: <c>fault.ID</c>.</summary>
    public static string MeshFaultKey(string id) =>
        Mesh.MeshFault.IsId(id) ? "fault." + id : throw new ArgumentException($"'{Shown.Clip(id)}' is no id of a fault (f- and 6 to 16 hexadecimal digits)", nameof(id));

    /// <summary><c>scout.renew.NODE</c>.</summary>
    public static string Renew(string node) => "scout.renew." + Node(node);

    /// <summary><c>scout.admin.WORD</c>, a word of lower-case letters and dashes.</summary>
    public static string Admin(string word) => word.Length is > 0 and <= 32 && word.All(static c => char.IsAsciiLetterLower(c) || c == '-')
        ? "scout.admin." + word
        : throw new ArgumentException($"'{Shown.Clip(word)}' is no administrative request", nameof(word));

    /// <summary><c>scout.enroll.KEY</c>, the key of the token.</summary>
    public static string Enroll(string key) => "scout.enroll." + Key(key);

    /// <summary><c>scout.recover.KEY</c>, the key of the node.</summary>
    public static string Recover(string key) => "scout.recover." + Key(key);

    /// <summary>Inbox of a person or a service: <c>_INBOX.KEY</c>. That of a node is <c>_INBOX.NODE</c>.</summary>
    public static string Inbox(string key) => "_INBOX." + Key(key);

    /// <summary>Inbox of a node: <c>_INBOX.NODE</c>.</summary>
    public static string NodeInbox(string node) => "_INBOX." + Node(node);

    /// <summary>
    /// Where one node answers one request: <c>INBOX.NODE.ID.NUMBER</c>. A node may publish where its own name stands and at no other inbox, so that nobody who knows the
    /// place for one answer can give another's (security.md 6, trap 3).
    /// </summary>
    /// <param name="inbox">Prefix of the asker's inboxes.</param>
    /// <param name="node">Who is asked.</param>
    /// <param name="id">Of the round; random.</param>
    /// <param name="number">Of the question.</param>
    public static string Answer(string inbox, string node, string id, int number) => string.Create(CultureInfo.InvariantCulture, $"{inbox}.{Node(node)}.{id}.{number}");

    /// <summary>Stands in the place of the name where a group or all nodes are asked; no node can bear it.</summary>
    public const string Everybody = "_all";

    /// <summary>Where everybody who is asked by group, or as one of all, answers: <c>INBOX._all.ID</c>. Who answers there is only as good as his word.</summary>
    public static string AnswerOfMany(string inbox, string id) => $"{inbox}.{Everybody}.{id}";

    /// <summary>All answers of a round.</summary>
    public static string Answers(string inbox, string id) => $"{inbox}.*.{id}.*";

    /// <summary>Reads <c>INBOX.NODE.ID.NUMBER</c>.</summary>
    public static bool TryParseAnswer(string subject, string inbox, string id, [NotNullWhen(true)] out string? node, out int number)
    {
        node = null;
        number = 0;
        if (!subject.StartsWith(inbox, StringComparison.Ordinal)) return false;
        if (subject[inbox.Length..].Split('.') is not ["", { } name, { } round, { } count] || round != id || !Names.IsNode(name)) return false;
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out number)) return false;
        node = name;
        return true;
    }

    /// <summary>
    /// Whether an answer may be sent there. Who asks chooses the subject, and whoever answers publishes with his own rights: what begins with <c>$</c> (JetStream, buckets, the
    /// system) or is a plane of Scout's is no inbox, and neither is what no inbox looks like.
    /// </summary>
    public static bool IsAnswerPlace([NotNullWhen(true)] string? subject)
    {
        if (subject is not { Length: > 0 and <= 512 } || subject[0] == '$') return false;
        int dot = subject.IndexOf('.', StringComparison.Ordinal);
        if (subject.AsSpan(0, dot < 0 ? subject.Length : dot).SequenceEqual("scout")) return false;
        bool starts = true;
        foreach (char c in subject)
        {
            if (c is < '!' or > '~' or '*' or '>' || (c == '.' && starts)) return false;
            starts = c == '.';
        }

        return !starts;
    }

    /// <summary>Reads <c>scout.renew.NODE</c>.</summary>
    public static bool TryParseRenew([NotNullWhen(true)] string? subject, [NotNullWhen(true)] out string? node)
    {
        node = subject?.StartsWith("scout.renew.", StringComparison.Ordinal) == true ? subject["scout.renew.".Length..] : null;
        if (node is not null && Names.IsNode(node)) return true;
        node = null;
        return false;
    }

    /// <summary>Reads <c>scout.mesh.loss.NODE</c> and <c>scout.mesh.report.NODE</c>.</summary>
    public static bool TryParseMesh([NotNullWhen(true)] string? subject, out MeshSubject parsed)
    {
        parsed = default;
        if (subject is null || !subject.StartsWith("scout.mesh.", StringComparison.Ordinal)) return false;
        ReadOnlySpan<char> rest = subject.AsSpan("scout.mesh.".Length);
        MeshSubjectKind kind = rest.StartsWith("loss.") ? MeshSubjectKind.Loss : MeshSubjectKind.Report;
        int dot = rest.IndexOf('.');
        if (dot < 0 || (kind == MeshSubjectKind.Report && !rest.StartsWith("report."))) return false;
        rest = rest[(dot + 1)..];
        if (!Names.IsNode(rest)) return false;
        parsed = new MeshSubject(kind, rest.ToString());
        return true;
    }

    /// <summary>Word of a kind, as in the subject.</summary>
    public static string Word(EventKind kind) => Kinds[(int)kind];

    /// <summary>Word of a kind, as in the subject.</summary>
    public static string Word(LifecycleKind kind) => Lifecycles[(int)kind];

    /// <summary>Reads a kind as it stands in a subject.</summary>
    public static bool TryParseKind(ReadOnlySpan<char> word, out EventKind kind)
    {
        for (int i = 0; i < Kinds.Length; i++)
        {
            if (!word.SequenceEqual(Kinds[i])) continue;
            kind = (EventKind)i;
            return true;
        }

        kind = default;
        return false;
    }

    /// <summary>Reads <c>scout.event.NODE.MACHINE.KIND</c>; false when it is anything else, also with a bad name in it.</summary>
    public static bool TryParseEvent([NotNullWhen(true)] string? subject, out EventSubject parsed)
    {
        parsed = default;
        Span<Range> parts = stackalloc Range[7];
        if (subject is null || subject.AsSpan().Split(parts, '.') != 5) return false;
        ReadOnlySpan<char> text = subject;
        if (!text[parts[0]].SequenceEqual("scout") || !text[parts[1]].SequenceEqual("event")) return false;
        ReadOnlySpan<char> node = text[parts[2]];
        ReadOnlySpan<char> machine = text[parts[3]];
        if (!Names.IsNode(node) || !(Names.IsMachine(machine) || machine.SequenceEqual(Names.NodeItself))) return false;
        if (!TryParseKind(text[parts[4]], out EventKind kind)) return false;
        parsed = new EventSubject(node.ToString(), machine.ToString(), kind);
        return true;
    }

    /// <summary>Reads <c>scout.lifecycle.NODE.KIND</c>.</summary>
    public static bool TryParseLifecycle([NotNullWhen(true)] string? subject, out LifecycleSubject parsed)
    {
        parsed = default;
        Span<Range> parts = stackalloc Range[6];
        if (subject is null || subject.AsSpan().Split(parts, '.') != 4) return false;
        ReadOnlySpan<char> text = subject;
        if (!text[parts[0]].SequenceEqual("scout") || !text[parts[1]].SequenceEqual("lifecycle") || !Names.IsNode(text[parts[2]])) return false;
        int kind = Array.IndexOf(Lifecycles, text[parts[3]].ToString());
        if (kind < 0) return false;
        parsed = new LifecycleSubject(text[parts[2]].ToString(), (LifecycleKind)kind);
        return true;
    }

    /// <summary>Reads <c>scout.rpc.{node.NODE|group.GROUP|all}.ACTION</c>. The action is any lower-case word: whether we know it is answered with a code.</summary>
    public static bool TryParseRpc([NotNullWhen(true)] string? subject, out RpcSubject parsed)
    {
        parsed = default;
        string[] parts = subject is { Length: <= 255 } ? subject.Split('.') : [];
        if (parts.Length < 4 || parts[0] != "scout" || parts[1] != "rpc" || !IsAction(parts[^1])) return false;
        switch (parts)
        {
            case [_, _, "node", { } node, { } action] when Names.IsNode(node):
                parsed = new RpcSubject(RpcScope.Node, node, action);
                return true;
            case [_, _, "group", { } group, { } action] when Names.IsGroup(group):
                parsed = new RpcSubject(RpcScope.Group, group, action);
                return true;
            case [_, _, "all", { } action]:
                parsed = new RpcSubject(RpcScope.All, "", action);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The node of a roster subject (<c>$KV.SCOUT_NODES.NODE</c> or <c>scout.roster.NODE</c>, also with the bucket's subject behind it).</summary>
    /// <remarks><c>NODE.place</c>, which the broker writes, is not an entry.</remarks>
    public static bool TryParseRoster([NotNullWhen(true)] string? subject, [NotNullWhen(true)] out string? node)
    {
        node = null;
        if (RosterRest(subject) is not { } rest || !Names.IsNode(rest)) return false;
        node = rest;
        return true;
    }

    /// <summary>The node of a place (<c>$KV.SCOUT_NODES.NODE.place</c> or <c>scout.roster.NODE.place</c>).</summary>
    public static bool TryParsePlace([NotNullWhen(true)] string? subject, [NotNullWhen(true)] out string? node)
    {
        node = null;
        if (RosterRest(subject) is not { } rest || !rest.EndsWith(PlaceSuffix, StringComparison.Ordinal)) return false;
        string name = rest[..^PlaceSuffix.Length];
        if (!Names.IsNode(name)) return false;
        node = name;
        return true;
    }

    /// <summary>The subject under which the bucket keeps what came on this one: live copies stand elsewhere. Null: it is of no key of ours.</summary>
    public static string? RosterStored(string? subject) =>
        TryParsePlace(subject, out string? placed) ? PlaceKey(placed) : TryParseRoster(subject, out string? node) ? RosterKey(node) : null;

    private static string? RosterRest(string? subject)
    {
        if (subject is null) return null;
        string rest = subject.StartsWith("scout.roster.", StringComparison.Ordinal) ? subject["scout.roster.".Length..] : subject;
        if (rest.StartsWith(RosterPrefix, StringComparison.Ordinal)) return rest[RosterPrefix.Length..];
        return ReferenceEquals(rest, subject) ? null : rest;
    }

    private static bool IsAction(string word) => word.Length is > 0 and <= 32 && word.All(char.IsAsciiLetterLower);

    private static string Node(string name) =>
        Names.IsNode(name) ? name : throw new ArgumentException($"'{Shown.Clip(name)}' is not a node name ([a-z0-9][a-z0-9_-]*, at most 63)", nameof(name));

    private static string Key(string key) => Names.IsKey(key) ? key : throw new ArgumentException($"'{Shown.Clip(key)}' is not the public key of a user (U...)", nameof(key));

    private static string Group(string name) =>
        Names.IsGroup(name) ? name : throw new ArgumentException($"'{Shown.Clip(name)}' is not a group name ([a-z0-9][a-z0-9_-]*, at most 63)", nameof(name));

    private static string MachineOrNode(string name) => Names.IsMachine(name) || name == Names.NodeItself
        ? name
        : throw new ArgumentException($"'{Shown.Clip(name)}' is not a machine name ([A-Za-z0-9][A-Za-z0-9_-]*, at most 63)", nameof(name));
}
