using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;
using Scout.Server.Native;

namespace Scout.Server.Configuration;

/// <summary>Finds and reads <c>server.yaml</c>, by the YAML rules of definitions (machines.md section 1).</summary>
internal static class ConfigurationFile
{
    public const string DefaultPath = "/etc/scout/server.yaml";

    // Null: any map below. The leaves of later parts are not looked into.
    private static readonly Dictionary<string, string[]?> Known = new(StringComparer.Ordinal)
    {
        [""] =
        [
            "node", "mode", "labels", "groups", "zone", "region", "machines", "data", "facts", "overrides", "timezone", "http", "socket", "socket_group", "broker",
            "plugin_path", "plugin_owners", "plugin_user", "plugin_users", "executor", "slots", "max_output", "max_open_files", "events", "store", "textfile", "metrics", "log", "stop_timeout", "mesh", "traffic",
            "policy", "audit_file", "enroll_token",
        ],
        ["broker"] = ["urls", "mode", "creds", "ca", "trust", "inbox_prefix", "js_domain", "token_file", "renew_key"],
        ["policy"] = null,
        ["events"] = ["default", "state_interval", "max_events", "max_bytes"],
        ["store"] = ["segment", "history_age", "history_bytes"],
        ["textfile"] = ["directory", "interval"],
        ["metrics"] = ["perfdata", "max_series"],
        ["log"] = ["level", "format"],
        ["labels"] = null,
        ["mesh"] = ["enabled", "listen", "topology", "udp", "tcp", "shift", "zone_floor", "mtu", "reactive", "trace", "drain", "peers", "metrics"],
        ["mesh.listen"] = ["address", "port", "allow", "allow_source_port"],
        ["mesh.topology"] = ["kind", "full_mesh_max", "neighbours"],
        ["mesh.udp"] = ["interval", "timeout", "late", "ports", "source_ports"],
        ["mesh.tcp"] = ["interval", "timeout"],
        ["mesh.shift"] = ["per_second"],
        ["mesh.zone_floor"] = ["per_second", "budget"],
        ["mesh.mtu"] = ["interval"],
        ["mesh.reactive"] = ["packets", "witnesses", "budget"],
        ["mesh.trace"] = ["cooldown", "hops"],
        ["mesh.drain"] = ["grace", "hold"],
        ["mesh.peers"] = ["sources", "forget_after", "planes"],
        ["mesh.metrics"] = ["compat", "kconmon_prefix", "max_series", "hold"],
        ["traffic"] = ["enabled", "cgroup_root", "interval", "max_peers", "max_counters", "services", "program_stats", "max_series", "grace", "namespaces", "compat_statsagent", "kubernetes"],
        ["traffic.namespaces"] = ["include", "exclude"],
        ["traffic.compat_statsagent"] = ["enabled", "listen"],
    };

    /// <summary>The file of <c>--config</c>, else of <c>SCOUT_CONFIG</c>, else the default one if that exists; null when there is none.</summary>
    public static SettingMap? Find(string? flag, IReadOnlyDictionary<string, string> environment, string workingFolder, List<SettingFinding> findings)
    {
        string? named = flag ?? (environment.GetValueOrDefault("SCOUT_CONFIG") is { Length: > 0 } variable ? variable : null);
        string path = named is null ? DefaultPath : SettingReader.Absolute(named, workingFolder);
        string shown = named ?? DefaultPath;
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno == Libc.ErrnoNotFound && named is null) return null;
        if (errno != 0)
        {
            findings.Add(new SettingFinding(shown, FindingKind.Unreadable, $"the file cannot be read: {Errno.Text(errno)}", flag is null ? "mend SCOUT_CONFIG, or unset it" : "give another with --config"));
            return null;
        }

        uint user = Libc.EffectiveUser();
        if (status.Uid != 0 && status.Uid != user) findings.Add(new SettingFinding(shown, FindingKind.UnsafePermissions, $"the file belongs to {Accounts.UserName(status.Uid) ?? $"uid {status.Uid}"}", $"chown root {shown}"));
        if ((status.Permissions & 0b000_010_010) != 0) findings.Add(new SettingFinding(shown, FindingKind.UnsafePermissions, "the file is writable by others", $"chmod go-w {shown}"));
        // Who can write the folder can put another file in its place.
        string folder = Path.GetDirectoryName(path) ?? "/";
        if (FileStatus.Look(folder, follow: true, out FileStatus above) == 0 && new FileTrust([]).JudgeFolder(folder, above) is { } refusal)
            findings.Add(new SettingFinding(shown, FindingKind.UnsafePermissions, $"its folder {refusal.Message}", refusal.Hint));
        try
        {
            return Read(shown, Path.GetDirectoryName(path)!, File.ReadAllBytes(path), findings);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            findings.Add(new SettingFinding(shown, FindingKind.Unreadable, $"the file cannot be read: {error.Message}", ""));
            return null;
        }
    }

    /// <summary>A YAML file of another kind as settings: what it holds is for the caller to check. Pure.</summary>
    public static SettingNode? ReadAny(string shown, string folder, ReadOnlyMemory<byte> content, List<SettingFinding> findings)
    {
        var problems = new List<YamlProblem>();
        YamlNode? root = YamlTree.Read(content.Span, problems);
        foreach (YamlProblem problem in problems) findings.Add(new SettingFinding($"{shown}:{problem.Line}:{problem.Column}", problem.Kind, problem.Message, problem.Hint));
        return problems.Count > 0 || root is null or YamlScalar { IsMissing: true } ? null : Convert(shown, folder, root);
    }

    /// <summary>From bytes to settings; pure.</summary>
    public static SettingMap? Read(string shown, string folder, ReadOnlyMemory<byte> content, List<SettingFinding> findings)
    {
        var problems = new List<YamlProblem>();
        YamlNode? root = YamlTree.Read(content.Span, problems);
        foreach (YamlProblem problem in problems) findings.Add(new SettingFinding($"{shown}:{problem.Line}:{problem.Column}", problem.Kind, problem.Message, problem.Hint));
        if (problems.Count > 0) return null;
        switch (root)
        {
            case null or YamlScalar { IsMissing: true }:
                return null;
            case YamlMap map:
                CheckKeys(shown, "", map, findings);
                return (SettingMap)Convert(shown, folder, map);
            default:
                findings.Add(new SettingFinding($"{shown}:{root.Line}:{root.Column}", FindingKind.WrongType, $"the file is {root.Kind}, wanted is a mapping", "node: web1"));
                return null;
        }
    }

    private static void CheckKeys(string shown, string prefix, YamlMap map, List<SettingFinding> findings)
    {
        string[]? known = Known[prefix];
        foreach ((YamlScalar key, YamlNode value) in map.Entries)
        {
            string place = $"{shown}:{key.Line}:{key.Column}";
            if (value is YamlScalar { IsMissing: true })
            {
                findings.Add(new SettingFinding(place, FindingKind.WrongType, $"'{key.Text}' has no value", "give it one, or remove the line"));
                continue;
            }

            if (known is null) continue;
            if (prefix.Length == 0 && key.Text == "kubernetes")
            {
                findings.Add(new SettingFinding(place, FindingKind.UnknownKey, "'kubernetes' is not a key of the configuration", "peers of the API: mesh: { peers: { sources: [kubernetes] } }; names of pods: traffic: { kubernetes: true }"));
            }
            else if (!known.Contains(key.Text))
            {
                string? near = Nearest.Find(key.Text, known);
                findings.Add(new SettingFinding(
                    place, FindingKind.UnknownKey, $"'{Show.Escape(key.Text)}' is not a key of {(prefix.Length == 0 ? "the configuration" : $"'{prefix}'")}",
                    near is null ? "the keys are " + string.Join(", ", known) : $"did you mean '{near}'?"));
            }
            else if (Known.TryGetValue(prefix.Length == 0 ? key.Text : $"{prefix}.{key.Text}", out string[]? inside))
            {
                string whole = prefix.Length == 0 ? key.Text : $"{prefix}.{key.Text}";
                if (value is YamlMap below) CheckKeys(shown, whole, below, findings);
                else if (inside is not null) findings.Add(new SettingFinding($"{shown}:{value.Line}:{value.Column}", FindingKind.WrongType, $"'{whole}' must be a mapping, not {value.Kind}", $"its keys are {string.Join(", ", inside)}"));
            }
        }
    }

    private static SettingNode Convert(string shown, string folder, YamlNode node)
    {
        string origin = $"{shown}:{node.Line}";
        string place = $"{origin}:{node.Column}";
        return node switch
        {
            YamlScalar scalar => new SettingText(scalar.Text, origin, place, folder),
            YamlList list => new SettingList([.. list.Items.Select(item => Convert(shown, folder, item))], origin, place, folder),
            YamlMap map => new SettingMap(
                [.. map.Entries.Select(entry => new SettingEntry(entry.Key.Text, $"{shown}:{entry.Key.Line}:{entry.Key.Column}", Convert(shown, folder, entry.Value)))], origin, place, folder),
            _ => throw new ArgumentException($"no setting is {node.Kind}", nameof(node)),
        };
    }
}
