using Scout.Broker.Provisioning;

namespace Scout.Broker.Tests.Provisioning;

public sealed class EnrolmentPolicyReaderTests
{
    [Fact]
    public void A_whole_file_is_read()
    {
        EnrolmentPolicy policy = Read("""
            rules:
              - { names: ["web-*", db-1], groups: [web, front], token: several, decision: auto, per_hour: 20 }
              - { token: single, decision: refuse }
              - decision: ask
            recover: { decision: auto, up_to: 14d }
            """);
        EnrolmentRule first = policy.Rules[0];
        Assert.Equal(["web-*", "db-1"], first.Names);
        Assert.Equal(["web", "front"], first.Groups);
        Assert.Equal((TokenKind.Several, EnrolmentDecision.Auto, 20), (first.Token, first.Decision, first.PerHour));
        Assert.Equal([EnrolmentDecision.Auto, EnrolmentDecision.Refuse, EnrolmentDecision.Ask], policy.Rules.Select(rule => rule.Decision));
        Assert.Equal((EnrolmentDecision.Auto, TimeSpan.FromDays(14)), (policy.Recovery, policy.RecoveryUpTo));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("rules: []")]
    public void With_nothing_in_it_the_default_holds(string text)
    {
        EnrolmentPolicy policy = Read(text);
        Assert.Empty(policy.Rules);
        Assert.Equal((EnrolmentDecision.Auto, TimeSpan.FromDays(90)), (policy.Recovery, policy.RecoveryUpTo));
    }

    [Theory]
    [InlineData("- a", "line 1: the file must be a mapping")]
    [InlineData("rule: []", "line 1: 'rule' is no key of the policy: rules, recover")]
    [InlineData("\nrules: auto", "line 2: 'rules' must be a list")]
    [InlineData("rules:\n  - auto", "line 2: a rule must be a mapping")]
    [InlineData("rules:\n  - { names: [a] }", "line 2: a rule needs 'decision': auto, ask or refuse")]
    [InlineData("rules:\n  - decision: ask\n  - decision: allow", "line 3: 'decision' is auto, ask or refuse")]
    [InlineData("rules:\n  - decision: auto\n    name: [a]", "line 3: 'name' is no key of a rule: names, groups, token, per_hour, decision")]
    [InlineData("rules:\n  - { decision: auto, names: web-1 }", "line 2: 'names' must be a list of 1 to 100")]
    [InlineData("rules:\n  - { decision: auto, names: [] }", "line 2: 'names' must be a list of 1 to 100")]
    [InlineData("rules:\n  - { decision: auto, names: ['web 1'] }", "line 2: 'web 1' is not a node name or pattern")]
    [InlineData("rules:\n  - { decision: auto, groups: ['*'] }", "line 2: '*' is not a group")]
    [InlineData("rules:\n  - { decision: auto, groups: [Web] }", "line 2: 'Web' is not a group")]
    [InlineData("rules:\n  - { decision: auto, token: many }", "line 2: 'token' is any, single or several")]
    [InlineData("rules:\n  - { decision: auto, per_hour: 0 }", "line 2: 'per_hour' is a number from 1 to 100000")]
    [InlineData("rules:\n  - { decision: auto, per_hour: -5 }", "line 2: 'per_hour' is a number")]
    [InlineData("rules:\n  - { decision: [auto] }", "line 2: a text is due")]
    [InlineData("recover: auto", "line 1: 'recover' must be a mapping")]
    [InlineData("recover: { up_to: 90 }", "line 1: 'up_to' is days, from 1d to 365d")]
    [InlineData("recover: { up_to: 366d }", "line 1: 'up_to' is days, from 1d to 365d")]
    [InlineData("recover: { after: 1d }", "line 1: 'after' is no key of 'recover': decision, up_to")]
    [InlineData("rules: []\n---\nrules: []", "line 3: one document is due")]
    [InlineData("rules: []\nrules: []", "line 2: ")]
    [InlineData("rules: [", "line 2: ")]
    [InlineData("rules: [[[[[[[[[[[[[[[[[[[[", "line 1: it is over 16 levels deep")]
    public void What_is_wrong_is_told_with_its_line_and_what_is_right(string text, string expected)
    {
        Assert.False(EnrolmentPolicyReader.TryRead(text, out EnrolmentPolicy? policy, out string? error));
        Assert.Null(policy);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void No_text_however_broken_is_more_than_an_error()
    {
        const string whole = "rules:\n  - { names: [\"web-*\"], groups: [web], token: several, decision: auto, per_hour: 20 }\n  - &a { decision: ask }\nrecover: { decision: auto, up_to: 90d }\n";
        var random = new Random(20261121);
        string signs = "{}[]:,&*!|>'\"%@`#-? \n\t\0\u00fcabz019";
        for (int i = 0; i < 3000; i++)
        {
            char[] text = whole[..random.Next(whole.Length + 1)].ToCharArray();
            for (int changes = random.Next(5); changes > 0 && text.Length > 0; changes--) text[random.Next(text.Length)] = signs[random.Next(signs.Length)];
            bool good = EnrolmentPolicyReader.TryRead(new string(text), out EnrolmentPolicy? policy, out string? error);
            Assert.True(good ? policy is not null && error is null : policy is null && error!.StartsWith("line ", StringComparison.Ordinal), new string(text));
        }
    }

    [Fact]
    public void A_file_of_brackets_does_not_end_the_broker()
    {
        Assert.False(EnrolmentPolicyReader.TryRead(new string('[', 250_000), out _, out string? error));
        Assert.Contains("levels deep", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_when_it_changes_and_a_bad_one_leaves_the_last_good_one()
    {
        using var folder = new TempFolder();
        var log = new LogBook();
        var file = new EnrolmentPolicyFile(folder.File("enrol-policy.yaml"), log.CreateLogger("p"));
        Assert.Same(EnrolmentPolicy.Default, file.Read());
        Write("rules:\n  - decision: refuse");
        EnrolmentPolicy first = file.Read();
        Assert.Equal(EnrolmentDecision.Refuse, Assert.Single(first.Rules).Decision);
        Assert.Same(first, file.Read());
        Write("rules:\n  - decision: perhaps!");
        Assert.Same(first, file.Read());
        Assert.Contains("line 2: 'decision' is auto, ask or refuse; the last good one stays in force", Assert.Single(log.Lines(5084)), StringComparison.Ordinal);
        File.Delete(folder.File("enrol-policy.yaml"));
        Assert.Same(EnrolmentPolicy.Default, file.Read());

        void Write(string text) => File.WriteAllText(folder.File("enrol-policy.yaml"), text);
    }

    [Fact]
    public void Bad_from_the_start_every_node_waits_for_a_person_until_it_is_mended_as_told()
    {
        using var folder = new TempFolder();
        var log = new LogBook();
        string path = folder.Write("enrol-policy.yaml", "rules:\n  - decision: auto");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        var file = new EnrolmentPolicyFile(path, log.CreateLogger("p"));
        EnrolmentPolicy closed = file.Read();
        Assert.Equal((EnrolmentDecision.Ask, EnrolmentDecision.Ask), (Assert.Single(closed.Rules).Decision, closed.Recovery));
        Assert.Contains($"chmod go-w {path}; every node waits for a person", Assert.Single(log.Lines(5084)), StringComparison.Ordinal);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);
        Assert.Equal(EnrolmentDecision.Auto, Assert.Single(file.Read().Rules).Decision);
    }

    private static EnrolmentPolicy Read(string text) => EnrolmentPolicyReader.TryRead(text, out EnrolmentPolicy? policy, out string? error) ? policy : throw new InvalidOperationException(error);
}
