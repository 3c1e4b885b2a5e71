using Scout.Protocol.Security.Roles;

namespace Scout.Protocol.Tests.Security.Roles;

public sealed class RoleTemplatesTests
{
    private const string Key = "UAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    [Fact]
    public void Every_role_has_a_template_at_its_place_and_a_word_that_reads_back()
    {
        Assert.Equal(Enum.GetValues<ScoutRole>(), RoleTemplates.All.Select(static one => one.Role));
        foreach (ScoutRole role in Enum.GetValues<ScoutRole>())
        {
            Assert.Equal(role, RoleTemplates.Of(role).Role);
            Assert.True(RoleNames.TryParse(RoleNames.Word(role), out ScoutRole back));
            Assert.Equal(role, back);
        }

        Assert.False(RoleNames.TryParse("Node", out _));
    }

    [Fact]
    public void A_node_gets_its_own_subjects_and_those_of_each_group()
    {
        RoleTemplate node = RoleTemplates.Of(ScoutRole.Node).For("web1", Key, ["web", "eu"]);
        Assert.Contains("scout.event.web1.*.state", node.Publish);
        Assert.Contains("$KV.SCOUT_NODES.web1", node.Publish);
        Assert.Contains("scout.rpc.group.web.*", node.Subscribe);
        Assert.Contains("scout.rpc.group.eu.*", node.Subscribe);
        Assert.Contains("_INBOX.web1.>", node.Subscribe);
        Assert.DoesNotContain(node.Publish.Concat(node.Subscribe), static one => one.Contains("{{", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_groups_there_is_no_subject_of_a_group()
    {
        RoleTemplate node = RoleTemplates.Of(ScoutRole.Node).For("web1", Key, []);
        Assert.DoesNotContain(node.Publish.Concat(node.Subscribe), static one => one.Contains("group", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("*")]
    [InlineData(">")]
    [InlineData("a.b")]
    [InlineData("A")]
    [InlineData("")]
    [InlineData("ü")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("{{subject()}}")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void No_name_that_is_a_wildcard_or_more_than_one_token_gets_into_a_template(string name)
    {
        foreach (ScoutRole role in (ScoutRole[])[ScoutRole.Node, ScoutRole.Gateway, ScoutRole.Recover])
        {
            Assert.NotNull(RoleNames.Problem(role, name, []));
            Assert.Throws<ArgumentException>(() => RoleTemplates.Of(role).For(name, Key, []));
        }

        Assert.NotNull(RoleNames.Problem(ScoutRole.Node, "web1", [name]));
        Assert.Throws<ArgumentException>(() => RoleTemplates.Of(ScoutRole.Node).For("web1", Key, ["web", name]));
        Assert.Throws<ArgumentException>(() => Scout.Protocol.Subjects.Renew(name));
        Assert.Throws<ArgumentException>(() => Scout.Protocol.Subjects.NodeInbox(name));
    }

    [Fact]
    public void People_may_have_dots_and_an_at_but_their_names_are_in_no_subject()
    {
        Assert.Null(RoleNames.Problem(ScoutRole.Viewer, "bob.smith@example.org", []));
        Assert.NotNull(RoleNames.Problem(ScoutRole.Node, "bob.smith", []));
        Assert.NotNull(RoleNames.Problem(ScoutRole.Viewer, "*", []));
        foreach (RoleTemplate one in RoleTemplates.All.Where(static one => RoleNames.IsPerson(one.Role)))
        {
            Assert.DoesNotContain(one.Publish.Concat(one.Subscribe), static subject => subject.Contains(RoleTemplate.NamePlace, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Only_nodes_speak_as_nodes()
    {
        foreach (RoleTemplate one in RoleTemplates.All.Where(static one => one.Role != ScoutRole.Node))
        {
            Assert.DoesNotContain(one.Publish, static subject => subject.StartsWith("scout.event.", StringComparison.Ordinal) || subject.StartsWith("scout.lifecycle.", StringComparison.Ordinal));
            Assert.DoesNotContain(one.Publish, static subject => subject is ">" or "*" or "scout.>");
        }
    }

    [Fact]
    public void Who_may_ask_is_who_may_publish_the_request()
    {
        foreach (RoleTemplate one in RoleTemplates.All)
        {
            foreach (RpcAction action in Enum.GetValues<RpcAction>())
            {
                bool published = one.Publish.Contains($"scout.rpc.node.*.{RpcActions.Name(action)}");
                Assert.Equal(published, RoleTemplates.MayAsk(one.Role, action));
            }
        }
    }
}
