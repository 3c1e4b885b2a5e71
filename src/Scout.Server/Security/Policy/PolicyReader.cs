using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;
using Scout.Server.Configuration;

namespace Scout.Server.Security.Policy;

/// <summary>Reads <c>policy.yaml</c> strictly: whatever is not understood is an error with its place, for a rule that is read wrongly opens a door.</summary>
internal static class PolicyReader
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MostRules = 1000;
    private const int MostEntries = 1000;
    private const int MostReason = 200;

    private static readonly string[] Keys = ["allow", "deny", "roles", "callers", "except_callers", "machines", "labels", "transitions", "scopes", "reason"];
    private static readonly string[] Scopes = ["local", "node", "group", "all"];

    /// <summary>The rules, or null with findings.</summary>
    /// <param name="shown">Name of the file in findings.</param>
    /// <param name="content">UTF-8.</param>
    /// <param name="findings">Gets all that is wrong.</param>
    public static PolicyRules? Read(string shown, ReadOnlyMemory<byte> content, List<SettingFinding> findings)
    {
        int before = findings.Count;
        SettingNode? root = ConfigurationFile.ReadAny(shown, "", content, findings);
        if (findings.Count > before) return null;
        if (root is not SettingMap top)
        {
            findings.Add(new SettingFinding(root?.Place ?? $"{shown}:1:1", "wrong_type", "a policy is a map with the key 'rules'", "rules: [ { allow: [ping], roles: [viewer] } ]"));
            return null;
        }

        foreach (SettingEntry entry in top.Entries.Where(entry => entry.Key != "rules")) Unknown(entry, "the policy", ["rules"], findings);
        var rules = ImmutableArray.CreateBuilder<PolicyRule>();
        if (top.Find("rules") is SettingList list)
        {
            if (list.Items.Count > MostRules) Wrong(list, "out_of_range", $"there are {list.Items.Count} rules", $"at most {MostRules}", findings);
            foreach (SettingNode item in list.Items.Take(MostRules))
            {
                if (Rule(item, rules.Count + 1, findings) is { } rule) rules.Add(rule);
            }
        }
        else
        {
            Wrong(top.Find("rules") ?? top, "wrong_type", "'rules' must be a list", "rules: [ { allow: [ping], roles: [viewer] } ]", findings);
        }

        return findings.Count > before ? null : new PolicyRules(rules.ToImmutable());
    }

    private static PolicyRule? Rule(SettingNode item, int number, List<SettingFinding> findings)
    {
        if (item is not SettingMap map)
        {
            Wrong(item, "wrong_type", $"rule {number} must be a map", "{ allow: [ping], roles: [viewer] }", findings);
            return null;
        }

        foreach (SettingEntry entry in map.Entries.Where(entry => !Keys.Contains(entry.Key))) Unknown(entry, "a rule", Keys, findings);
        bool deny = map.Find("deny") is not null;
        if (deny == map.Find("allow") is not null) Wrong(map, "conflict", $"rule {number} must have either 'allow' or 'deny'", "give the actions of one of them", findings);
        var rule = new PolicyRule
        {
            Number = number,
            Deny = deny,
            Actions = Words(map, deny ? "deny" : "allow", Action, findings, required: true),
            Roles = Words(map, "roles", Role, findings),
            Callers = Patterns(map, "callers", findings),
            ExceptCallers = Patterns(map, "except_callers", findings),
            Machines = Patterns(map, "machines", findings),
            Labels = Labels(map, findings),
            Transitions = Patterns(map, "transitions", findings),
            Scopes = Words(map, "scopes", static word => Scopes.Contains(word) ? word : null, findings),
            Reason = Reason(map, findings),
        };
        Check(rule, map, findings);
        return rule;
    }

    private static void Check(PolicyRule rule, SettingMap map, List<SettingFinding> findings)
    {
        string[] without = [.. rule.Actions.Where(action => !PolicyRules.HasMachine(action)).Select(RpcActions.Name)];
        if (rule.IsAboutMachines && without.Length > 0)
        {
            Wrong(map, "conflict", $"rule {rule.Number} is about machines, and '{string.Join("', '", without)}' has none", "write a rule of its own for it", findings);
        }

        if (rule.Transitions.Length > 0 && rule.Actions.Any(action => action != RpcAction.Transition))
        {
            Wrong(map, "conflict", $"rule {rule.Number} names transitions, and is about other actions too", "write a rule of its own for 'transition'", findings);
        }

        if (rule.Deny) return;
        foreach (ScoutRole role in rule.Roles)
        {
            if (rule.Actions.Any(action => RoleTemplates.MayAsk(role, action))) continue;
            Wrong(map, "no_effect", $"rule {rule.Number} allows {RoleNames.Word(role)} nothing that this role may ask for", "no policy gives a role more than its template", findings);
        }
    }

    private static RpcAction? Action(string word) => RpcActions.TryParse(word, out RpcAction action) && !RpcActions.IsLocalOnly(action) ? action : null;

    private static ScoutRole? Role(string word) =>
        RoleNames.TryParse(word, out ScoutRole role) && Enum.GetValues<RpcAction>().Any(action => RoleTemplates.MayAsk(role, action)) ? role : null;

    private static string? Reason(SettingMap map, List<SettingFinding> findings)
    {
        if (map.Find("reason") is not { } given) return null;
        if (given is SettingText { Text.Length: > 0 and <= MostReason } text) return text.Text;
        Wrong(given, "bad_value", $"'reason' must be a text of 1 to {MostReason} characters", "", findings);
        return null;
    }

    private static ImmutableArray<T> Words<T>(SettingMap map, string key, Func<string, T?> read, List<SettingFinding> findings, bool required = false)
        where T : struct => [.. Texts(map, key, findings, required).Select(text => Known(key, text, read(text.Text), findings)).OfType<T>()];

    private static ImmutableArray<string> Words(SettingMap map, string key, Func<string, string?> read, List<SettingFinding> findings) =>
        [.. Texts(map, key, findings, required: false).Select(text => Known(key, text, read(text.Text), findings)).OfType<string>()];

    private static T? Known<T>(string key, SettingText text, T? value, List<SettingFinding> findings)
    {
        if (value is not null) return value;
        string[] known = key switch
        {
            "roles" => [.. Enum.GetValues<ScoutRole>().Select(RoleNames.Word).Where(word => Role(word) is not null)],
            "scopes" => Scopes,
            _ => [.. Enum.GetValues<RpcAction>().Select(RpcActions.Name).Where(word => Action(word) is not null)],
        };
        string? near = Machines.Definitions.Nearest.Find(text.Text, known);
        Wrong(text, "bad_value", $"'{Machines.Definitions.Show.Escape(text.Text)}' is none of '{key}'", near is null ? "one of " + string.Join(", ", known) : $"did you mean '{near}'?", findings);
        return value;
    }

    private static ImmutableArray<string> Patterns(SettingMap map, string key, List<SettingFinding> findings)
    {
        var patterns = ImmutableArray.CreateBuilder<string>();
        foreach (SettingText text in Texts(map, key, findings, required: false))
        {
            if (key.EndsWith("callers", StringComparison.Ordinal) ? IsPatternOver(text.Text, IsOfCaller) : Glob.IsValid(text.Text)) patterns.Add(text.Text);
            else Wrong(text, "bad_value", $"'{Machines.Definitions.Show.Escape(text.Text)}' is no name or pattern", "letters and digits, with * ? [a-z]", findings);
        }

        return patterns.ToImmutable();
    }

    // A caller has what names of machines have not: dots, an @, and the colon of local:anna.
    private static bool IsOfCaller(char c) => c is '.' or '@' or ':';

    // The grammar of patterns is that of names; whatever else a value may hold stands for itself. A bracket that is not closed would match nothing, silently.
    private static bool IsPatternOver(string text, Func<char, bool> more) => Glob.IsValid(string.Concat(text.Select(c => more(c) ? 'x' : c)));

    private static ImmutableSortedDictionary<string, string> Labels(SettingMap map, List<SettingFinding> findings)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (map.Find("labels") is not { } given) return labels.ToImmutable();
        if (given is not SettingMap { Entries.Count: > 0 } wanted)
        {
            Wrong(given, "wrong_type", "'labels' must be a map with an entry", "labels: { team: storage }", findings);
            return labels.ToImmutable();
        }

        foreach (SettingEntry entry in wanted.Entries)
        {
            if (!Names.IsLabelKey(entry.Key)) findings.Add(new SettingFinding(entry.Place, "bad_name", $"'{Machines.Definitions.Show.Escape(entry.Key)}' is no label name", "a letter, then letters, digits and _"));
            else if (entry.Value is SettingText text && IsPatternOver(text.Text, static c => !char.IsControl(c) && c is not ('*' or '?' or '[' or ']' or '!' or '-'))) labels[entry.Key] = text.Text;
            else Wrong(entry.Value, "bad_value", $"label '{entry.Key}' must be a value or pattern", "labels: { team: stor* }", findings);
        }

        return labels.ToImmutable();
    }

    // An empty list would be read as "any": it is a mistake, not a wish.
    private static IEnumerable<SettingText> Texts(SettingMap map, string key, List<SettingFinding> findings, bool required)
    {
        SettingNode? given = map.Find(key);
        if (given is null) return [];
        if (given is not SettingList { Items.Count: > 0 and <= MostEntries } list || list.Items.Any(item => item is not SettingText { Text.Length: > 0 }))
        {
            Wrong(given, "wrong_type", $"'{key}' must be a list of 1 to {MostEntries} texts", required ? $"{key}: [ping, machines]" : $"{key}: [...]", findings);
            return [];
        }

        return list.Items.Cast<SettingText>();
    }

    private static void Unknown(SettingEntry entry, string where, string[] known, List<SettingFinding> findings)
    {
        string? near = Machines.Definitions.Nearest.Find(entry.Key, known);
        findings.Add(new SettingFinding(
            entry.Place, "unknown_key", $"'{Machines.Definitions.Show.Escape(entry.Key)}' is not a key of {where}", near is null ? "the keys are " + string.Join(", ", known) : $"did you mean '{near}'?"));
    }

    private static void Wrong(SettingNode at, string kind, string message, string hint, List<SettingFinding> findings) => findings.Add(new SettingFinding(at.Place, kind, message, hint));
}
