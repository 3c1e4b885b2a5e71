using System.Text;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;
using Scout.Server.Configuration;
using Scout.Server.Security.Policy;

namespace Scout.Server.Tests.Security.Policy;

public sealed class PolicyRulesTests
{
    private const string Specified = """
        rules:
          - { allow: [ping, machines, machine, facts, mesh], roles: [viewer, operator, deployer, admin] }
          - { allow: [check, maintenance, resume, acknowledge, probe], roles: [operator, admin] }
          - { allow: [transition], roles: [operator, admin] }
          - { allow: [probe], roles: [broker] }
          - { deny: [maintenance, transition], machines: ["pay_*"], except_callers: [alice], reason: "ask the payments team" }
          - { deny: [check, maintenance, transition], scopes: [all] }
        """;

    private static readonly Dictionary<string, string> NoLabels = [];

    [Theory]
    [InlineData(ScoutRole.Viewer, "ping machines machine facts mesh history")]
    [InlineData(ScoutRole.Operator, "ping machines machine facts mesh check transition maintenance resume acknowledge probe history")]
    [InlineData(ScoutRole.Admin, "ping machines machine facts mesh check transition maintenance resume acknowledge probe history")]
    [InlineData(ScoutRole.Deployer, "ping machines machine history")]
    [InlineData(ScoutRole.Broker, "probe history")]
    [InlineData(ScoutRole.Node, "history")]
    [InlineData(ScoutRole.Provisioner, "history")]
    [InlineData(ScoutRole.Gateway, "history")]
    public void Without_a_file_each_role_may_what_its_template_says(ScoutRole role, string allowed)
    {
        string[] words = allowed.Split(' ');
        foreach (RpcAction action in Enum.GetValues<RpcAction>())
        {
            string? why = PolicyRules.Default.Refuses(Ask(action, role));
            Assert.Equal(words.Contains(RpcActions.Name(action)), why is null);
            if (PolicyRules.HasMachine(action)) Assert.Equal(why is null, PolicyRules.Default.Refuses(Ask(action, role), "disk", NoLabels) is null);
        }
    }

    [Fact]
    public void The_example_of_the_specification_is_read_and_decides_as_it_says()
    {
        PolicyRules rules = Read(Specified);
        Assert.Equal(6, rules.Rules.Length);
        Assert.Null(rules.Refuses(Ask(RpcAction.Maintenance)));
        Assert.Equal("ask the payments team (policy rule 5)", rules.Refuses(Ask(RpcAction.Maintenance), "pay_api", NoLabels));
        Assert.Null(rules.Refuses(Ask(RpcAction.Maintenance), "disk", NoLabels));
        Assert.Null(rules.Refuses(Ask(RpcAction.Maintenance, caller: "alice"), "pay_api", NoLabels));
        Assert.Null(rules.Refuses(Ask(RpcAction.Check), "pay_api", NoLabels));
        Assert.Equal("policy rule 6", rules.Refuses(Ask(RpcAction.Check, scope: "all")));
        Assert.Null(rules.Refuses(Ask(RpcAction.Check, scope: "group")));
        Assert.Null(rules.Refuses(Ask(RpcAction.Resume, scope: "all")));
    }

    [Fact]
    public void No_rule_gives_a_role_more_than_its_template()
    {
        PolicyRules rules = Read("rules: [ { allow: [ping, check], roles: [viewer] }, { allow: [ping, check] } ]");
        Assert.Equal("role viewer may not ask for 'check'", rules.Refuses(Ask(RpcAction.Check, ScoutRole.Viewer)));
        Assert.Null(rules.Refuses(Ask(RpcAction.Check, ScoutRole.Operator)));
    }

    [Fact]
    public void What_no_rule_allows_is_denied()
    {
        PolicyRules rules = Read("rules: [ { allow: [ping] } ]");
        Assert.Equal("no rule of the policy allows operator 'check'", rules.Refuses(Ask(RpcAction.Check)));
    }

    [Fact]
    public void A_rule_about_some_machines_allows_those_alone()
    {
        PolicyRules rules = Read("rules: [ { allow: [check], machines: [\"web_*\"], labels: { team: \"stor*\" } } ]");
        Assert.Null(rules.Refuses(Ask(RpcAction.Check)));
        Assert.Null(rules.Refuses(Ask(RpcAction.Check), "web_1", new Dictionary<string, string> { ["team"] = "storage" }));
        Assert.Equal("no rule of the policy allows operator 'check' on this machine", rules.Refuses(Ask(RpcAction.Check), "web_1", NoLabels));
        Assert.NotNull(rules.Refuses(Ask(RpcAction.Check), "db", new Dictionary<string, string> { ["team"] = "storage" }));
    }

    [Fact]
    public void A_deny_wins_wherever_it_stands()
    {
        Assert.NotNull(Read("rules: [ { deny: [ping] }, { allow: [ping] } ]").Refuses(Ask(RpcAction.Ping)));
        Assert.NotNull(Read("rules: [ { allow: [ping] }, { deny: [ping] } ]").Refuses(Ask(RpcAction.Ping)));
    }

    [Fact]
    public void Transitions_and_callers_are_patterns()
    {
        PolicyRules rules = Read("rules: [ { allow: [transition] }, { deny: [transition], transitions: [\"DEL*\"], callers: [\"*@other.example\"] } ]");
        Assert.NotNull(rules.Refuses(Ask(RpcAction.Transition, caller: "bob@other.example") with { Transition = "DELETE" }));
        Assert.Null(rules.Refuses(Ask(RpcAction.Transition, caller: "bob@other.example") with { Transition = "START" }));
        Assert.Null(rules.Refuses(Ask(RpcAction.Transition, caller: "bob@here.example") with { Transition = "DELETE" }));
    }

    [Theory]
    [InlineData("", "a policy is a map")]
    [InlineData("[]", "a policy is a map")]
    [InlineData("rules: no", "'rules' must be a list")]
    [InlineData("rule: []", "is not a key of the policy")]
    [InlineData("rules: [ 7 ]", "rule 1 must be a map")]
    [InlineData("rules: [ { roles: [viewer] } ]", "either 'allow' or 'deny'")]
    [InlineData("rules: [ { allow: [ping], deny: [ping] } ]", "either 'allow' or 'deny'")]
    [InlineData("rules: [ { allow: [] } ]", "'allow' must be a list of 1")]
    [InlineData("rules: [ { allow: ping } ]", "'allow' must be a list of 1")]
    [InlineData("rules: [ { allow: [reboot] } ]", "'reboot' is none of 'allow'")]
    [InlineData("rules: [ { allow: [history] } ]", "'history' is none of 'allow'")]
    [InlineData("rules: [ { allow: [ping], roles: [opertor] } ]", "'opertor' is none of 'roles'")]
    [InlineData("rules: [ { allow: [ping], roles: [node] } ]", "'node' is none of 'roles'")]
    [InlineData("rules: [ { allow: [ping], rolls: [viewer] } ]", "'rolls' is not a key of a rule")]
    [InlineData("rules: [ { allow: [check], machines: [] } ]", "'machines' must be a list of 1")]
    [InlineData("rules: [ { allow: [check], machines: [\"a[b\"] } ]", "no name or pattern")]
    [InlineData("rules: [ { allow: [check], machines: [\"a.b\"] } ]", "no name or pattern")]
    [InlineData("rules: [ { allow: [check], callers: [\"a b\"] } ]", "no name or pattern")]
    [InlineData("rules: [ { allow: [check], scopes: [fleet] } ]", "'fleet' is none of 'scopes'")]
    [InlineData("rules: [ { allow: [check], labels: {} } ]", "'labels' must be a map")]
    [InlineData("rules: [ { allow: [check], labels: { \"a b\": c } } ]", "no label name")]
    [InlineData("rules: [ { allow: [ping], machines: [disk] } ]", "is about machines, and 'ping' has none")]
    [InlineData("rules: [ { allow: [transition, check], transitions: [OK] } ]", "names transitions, and is about other actions")]
    [InlineData("rules: [ { allow: [check], roles: [viewer] } ]", "allows viewer nothing")]
    [InlineData("rules: [ { allow: [check], reason: [a] } ]", "'reason' must be a text")]
    [InlineData("rules: [ { allow: [check], allow: [ping] } ]", "")]
    public void What_is_not_understood_is_an_error_with_its_place(string yaml, string message)
    {
        var findings = new List<SettingFinding>();
        Assert.Null(PolicyReader.Read("policy.yaml", Encoding.UTF8.GetBytes(yaml), findings));
        Assert.Contains(findings, finding => finding.Message.Contains(message, StringComparison.Ordinal));
        Assert.All(findings, finding => Assert.StartsWith("policy.yaml:", finding.Place, StringComparison.Ordinal));
    }

    private static PolicyRules Read(string yaml)
    {
        var findings = new List<SettingFinding>();
        PolicyRules? rules = PolicyReader.Read("policy.yaml", Encoding.UTF8.GetBytes(yaml), findings);
        return rules ?? throw new InvalidOperationException(string.Join('\n', findings));
    }

    private static PolicyQuestion Ask(RpcAction action, ScoutRole role = ScoutRole.Operator, string caller = "bob", string scope = "node") =>
        new() { Action = action, Role = role, Caller = caller, Scope = scope };
}
