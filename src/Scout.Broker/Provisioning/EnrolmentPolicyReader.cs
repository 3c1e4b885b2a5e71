using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Scout.Broker.Provisioning;

/// <summary>Reads the policy strictly: an unknown key or word is an error with its line. Pure.</summary>
/// <example>
/// <code>
/// rules:
///   - { names: ["web-*"], groups: [web], token: several, decision: auto, per_hour: 20 }
///   - { decision: ask }
/// recover: { decision: auto, up_to: 90d }
/// </code>
/// </example>
internal static class EnrolmentPolicyReader
{
    private const int MaxRules = 200;

    // The nodes are read by recursion; a file has five levels.
    private const int MaxDepth = 16;

    public static bool TryRead(string text, [NotNullWhen(true)] out EnrolmentPolicy? policy, [NotNullWhen(false)] out string? error)
    {
        policy = null;
        try
        {
            ThrowIfDeep(text);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            policy = stream.Documents.Count switch
            {
                0 => EnrolmentPolicy.Default,
                1 => Policy(stream.Documents[0].RootNode),
                _ => throw Wrong(stream.Documents[1].RootNode, "one document is due"),
            };
            error = null;
            return true;
        }
        catch (YamlException problem)
        {
            error = string.Create(CultureInfo.InvariantCulture, $"line {problem.Start.Line}: {problem.Message}");
            return false;
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // What the scanner throws for some texts that are cut off or hold signs YAML has no place for.
            error = "line 1: this is no YAML: " + broken.Message;
            return false;
        }
    }

    private static void ThrowIfDeep(string text)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            // Stream and document are two more.
            if (depth > MaxDepth + 2) throw new YamlException(parser.Current.Start, parser.Current.End, $"it is over {MaxDepth} levels deep");
        }
    }

    private static EnrolmentPolicy Policy(YamlNode root)
    {
        var policy = new EnrolmentPolicy();
        foreach ((string key, YamlNode value) in Map(root, "the file"))
        {
            switch (key)
            {
                case "rules":
                    if (value is not YamlSequenceNode rules) throw Wrong(value, "'rules' must be a list");
                    if (rules.Children.Count > MaxRules) throw Wrong(value, $"'rules' has over {MaxRules} entries");
                    policy = policy with { Rules = [.. rules.Children.Select(Rule)] };
                    break;
                case "recover":
                    policy = Recovery(policy, value);
                    break;
                default:
                    throw Wrong(value, $"'{Shown.Clip(key)}' is no key of the policy: rules, recover");
            }
        }

        return policy;
    }

    private static EnrolmentRule Rule(YamlNode node)
    {
        EnrolmentDecision? decision = null;
        var rule = new EnrolmentRule { Decision = EnrolmentDecision.Ask };
        foreach ((string key, YamlNode value) in Map(node, "a rule"))
        {
            switch (key)
            {
                case "names":
                    rule = rule with { Names = Texts(value, key, static name => Glob.IsValid(name), "a node name or pattern") };
                    break;
                case "groups":
                    rule = rule with { Groups = Texts(value, key, static name => Scout.Protocol.Names.IsGroup(name), "a group") };
                    break;
                case "token":
                    rule = rule with { Token = Text(value) switch { "any" => TokenKind.Any, "single" => TokenKind.Single, "several" => TokenKind.Several, _ => throw Wrong(value, "'token' is any, single or several") } };
                    break;
                case "per_hour":
                    rule = rule with { PerHour = int.TryParse(Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out int rate) && rate is > 0 and <= 100_000 ? rate : throw Wrong(value, "'per_hour' is a number from 1 to 100000") };
                    break;
                case "decision":
                    decision = Decision(value);
                    break;
                default:
                    throw Wrong(value, $"'{Shown.Clip(key)}' is no key of a rule: names, groups, token, per_hour, decision");
            }
        }

        return rule with { Decision = decision ?? throw Wrong(node, "a rule needs 'decision': auto, ask or refuse") };
    }

    private static EnrolmentPolicy Recovery(EnrolmentPolicy policy, YamlNode node)
    {
        foreach ((string key, YamlNode value) in Map(node, "'recover'"))
        {
            policy = key switch
            {
                "decision" => policy with { Recovery = Decision(value) },
                "up_to" => policy with { RecoveryUpTo = Days(value) },
                _ => throw Wrong(value, $"'{Shown.Clip(key)}' is no key of 'recover': decision, up_to"),
            };
        }

        return policy;
    }

    private static EnrolmentDecision Decision(YamlNode value) => Text(value) switch
    {
        "auto" => EnrolmentDecision.Auto,
        "ask" => EnrolmentDecision.Ask,
        "refuse" => EnrolmentDecision.Refuse,
        _ => throw Wrong(value, "'decision' is auto, ask or refuse"),
    };

    private static TimeSpan Days(YamlNode value)
    {
        string text = Text(value);
        return text.EndsWith('d') && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int days) && days is > 0 and <= 365
            ? TimeSpan.FromDays(days)
            : throw Wrong(value, "'up_to' is days, from 1d to 365d");
    }

    private static IEnumerable<(string Key, YamlNode Value)> Map(YamlNode node, string what)
    {
        if (node is not YamlMappingNode map) throw Wrong(node, $"{what} must be a mapping");
        return map.Children.Select(pair => (Text(pair.Key), pair.Value));
    }

    private static ImmutableArray<string> Texts(YamlNode node, string key, Func<string, bool> good, string what)
    {
        if (node is not YamlSequenceNode list || list.Children.Count is 0 or > 100) throw Wrong(node, $"'{key}' must be a list of 1 to 100");
        return [.. list.Children.Select(one => good(Text(one)) ? Text(one) : throw Wrong(one, $"'{Shown.Clip(Text(one))}' is not {what}"))];
    }

    private static string Text(YamlNode node) => node is YamlScalarNode { Value: { } text } ? text : throw Wrong(node, "a text is due");

    private static YamlException Wrong(YamlNode node, string message) => new(node.Start, node.End, message);
}
