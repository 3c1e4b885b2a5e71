namespace Scout.Protocol.Tests;

[Trait("attack", "5")]
public sealed class SubjectsTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("web1")]
    [InlineData("0-_")]
    [InlineData("host_example_org")]
    public void Node_names_that_are_good(string name) => Assert.True(Names.IsNode(name));

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData(">")]
    [InlineData("a.>")]
    [InlineData("a.b")]
    [InlineData("A")]
    [InlineData("ü")]
    [InlineData("a b")]
    [InlineData("_node")]
    [InlineData("-a")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("a*")]
    [InlineData("١")]
    public void Node_names_that_would_be_more_than_a_name(string name)
    {
        Assert.False(Names.IsNode(name));
        Assert.False(Names.IsGroup(name));
        Assert.Throws<ArgumentException>(() => Subjects.Event(name, "disk", EventKind.Check));
        Assert.Throws<ArgumentException>(() => Subjects.RpcNode(name, RpcAction.Ping));
        Assert.Throws<ArgumentException>(() => Subjects.RpcGroup(name, RpcAction.Ping));
        Assert.Throws<ArgumentException>(() => Subjects.RpcSubscriptions(name, []));
        Assert.Throws<ArgumentException>(() => Subjects.RosterKey(name));
        Assert.Throws<ArgumentException>(() => Subjects.Lifecycle(name, LifecycleKind.Alive));
        Assert.Throws<ArgumentException>(() => Subjects.PlaceKey(name));
        Assert.Throws<ArgumentException>(() => Subjects.MeshLoss(name));
        Assert.Throws<ArgumentException>(() => Subjects.MeshReport(name));
    }

    [Fact]
    public void Names_are_at_most_63_characters()
    {
        Assert.True(Names.IsNode(new string('a', 63)));
        Assert.False(Names.IsNode(new string('a', 64)));
        Assert.True(Names.IsMachine(new string('A', 63)));
        Assert.False(Names.IsMachine(new string('A', 64)));
    }

    [Theory]
    [InlineData("Disk_Root-1", true)]
    [InlineData("9", true)]
    [InlineData("_node", false)]
    [InlineData("*", false)]
    [InlineData("a.b", false)]
    [InlineData("", false)]
    [InlineData("ä", false)]
    public void Machine_names_may_have_capitals(string name, bool good) => Assert.Equal(good, Names.IsMachine(name));

    [Fact]
    public void Host_names_are_folded() => Assert.Equal("web1_example_org", Names.Fold("Web1.Example.org"));

    [Fact]
    public void A_long_host_name_keeps_54_characters_and_a_hash_of_all_of_it()
    {
        string name = new string('a', 60) + ".Example.org";
        Assert.Equal(new string('a', 54) + "-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(new string('a', 60) + "_example_org")))[..8], Names.Fold(name));
        Assert.True(Names.IsNode(Names.Fold(name)));
        Assert.Equal(new string('b', 63), Names.Fold(new string('B', 63)));
    }

    [Fact]
    public void Subjects_are_built_as_the_design_has_them()
    {
        Assert.Equal("scout.event.web1.disk_root.transition", Subjects.Event("web1", "disk_root", EventKind.Transition));
        Assert.Equal("scout.event.web1._node.watcher", Subjects.Event("web1", Names.NodeItself, EventKind.Watcher));
        Assert.Equal("scout.event.*.disk_root.*", Subjects.EventFilter(null, "disk_root", null));
        Assert.Equal("scout.event.web1.*.state", Subjects.EventFilter("web1", null, EventKind.State));
        Assert.Equal("scout.lifecycle.web1.shutdown", Subjects.Lifecycle("web1", LifecycleKind.Shutdown));
        Assert.Equal("scout.rpc.node.web1.check", Subjects.RpcNode("web1", RpcAction.Check));
        Assert.Equal("scout.rpc.group.web.ping", Subjects.RpcGroup("web", RpcAction.Ping));
        Assert.Equal("scout.rpc.all.machines", Subjects.RpcAll(RpcAction.Machines));
        Assert.Equal(["scout.rpc.node.web1.*", "scout.rpc.group.a.*", "scout.rpc.group.b.*", "scout.rpc.all.*"], Subjects.RpcSubscriptions("web1", ["a", "b"]));
        Assert.Equal("$KV.SCOUT_NODES.web1", Subjects.RosterKey("web1"));
        Assert.Equal("$KV.SCOUT_NODES.web1.place", Subjects.PlaceKey("web1"));
        Assert.Equal("scout.mesh.loss.web1", Subjects.MeshLoss("web1"));
        Assert.Equal("scout.mesh.report.web1", Subjects.MeshReport("web1"));
        Assert.Equal("scout.mesh.fault.f-7c21a0", Subjects.MeshFault("f-7c21a0"));
        Assert.Equal("fault.f-7c21a0", Subjects.MeshFaultKey("f-7c21a0"));
    }

    [Fact]
    public void Event_subjects_are_read_as_they_are_built()
    {
        foreach (EventKind kind in Enum.GetValues<EventKind>())
        {
            Assert.True(Subjects.TryParseEvent(Subjects.Event("web1", "Disk", kind), out EventSubject parsed));
            Assert.Equal(new EventSubject("web1", "Disk", kind), parsed);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("scout.event.web1.disk_root")]
    [InlineData("scout.event.web1.disk_root.check.more")]
    [InlineData("scout.event.*.disk_root.check")]
    [InlineData("scout.event.web1.>.check")]
    [InlineData("scout.event.web1..check")]
    [InlineData("scout.event.Web1.disk.check")]
    [InlineData("scout.event.web1._other.check")]
    [InlineData("scout.event.web1.disk.CHECK")]
    [InlineData("scout.events.web1.disk.check")]
    [InlineData("other.event.web1.disk.check")]
    [InlineData("scout.event.web1.disk.check.")]
    public void What_is_no_event_subject_is_not_read_as_one(string? subject) => Assert.False(Subjects.TryParseEvent(subject, out _));

    [Fact]
    public void Request_subjects_tell_whom_they_are_for()
    {
        Assert.True(Subjects.TryParseRpc("scout.rpc.node.web1.check", out RpcSubject one));
        Assert.Equal(new RpcSubject(RpcScope.Node, "web1", "check"), one);
        Assert.True(Subjects.TryParseRpc("scout.rpc.group.web.ping", out one));
        Assert.Equal(new RpcSubject(RpcScope.Group, "web", "ping"), one);
        Assert.True(Subjects.TryParseRpc("scout.rpc.all.unheard", out one));
        Assert.Equal(new RpcSubject(RpcScope.All, "", "unheard"), one);
    }

    [Theory]
    [InlineData("scout.rpc.node.web1")]
    [InlineData("scout.rpc.all")]
    [InlineData("scout.rpc.all.ping.more")]
    [InlineData("scout.rpc.node.*.ping")]
    [InlineData("scout.rpc.node.web1.*")]
    [InlineData("scout.rpc.node.web1.PING")]
    [InlineData("scout.rpc.node.web1./bin/sh")]
    [InlineData("scout.rpc.everybody.ping")]
    [InlineData("scout.rpc.node..ping")]
    [InlineData(null)]
    public void What_is_no_request_subject_is_not_read_as_one(string? subject) => Assert.False(Subjects.TryParseRpc(subject, out _));

    [Theory]
    [InlineData("$KV.SCOUT_NODES.web1", "web1")]
    [InlineData("scout.roster.web1", "web1")]
    [InlineData("scout.roster.$KV.SCOUT_NODES.web1", "web1")]
    [InlineData("$KV.SCOUT_NODES.web1.place", null)]
    [InlineData("$KV.OTHER.web1", null)]
    [InlineData("web1", null)]
    [InlineData("scout.roster.*", null)]
    public void Roster_subjects_name_a_node(string subject, string? node)
    {
        Assert.Equal(node is not null, Subjects.TryParseRoster(subject, out string? parsed));
        Assert.Equal(node, parsed);
    }

    [Theory]
    [InlineData("$KV.SCOUT_NODES.web1.place", "web1")]
    [InlineData("scout.roster.$KV.SCOUT_NODES.web1.place", "web1")]
    [InlineData("scout.roster.web1.place", "web1")]
    [InlineData("$KV.SCOUT_NODES.web1", null)]
    [InlineData("$KV.SCOUT_NODES..place", null)]
    [InlineData("$KV.SCOUT_NODES.a.b.place", null)]
    [InlineData("web1.place", null)]
    [InlineData(null, null)]
    public void Places_name_a_node(string? subject, string? node)
    {
        Assert.Equal(node is not null, Subjects.TryParsePlace(subject, out string? parsed));
        Assert.Equal(node, parsed);
    }

    [Theory]
    [InlineData("scout.mesh.loss.n7", MeshSubjectKind.Loss, true)]
    [InlineData("scout.mesh.report.n7", MeshSubjectKind.Report, true)]
    [InlineData("scout.mesh.fault.f-7c21a0", MeshSubjectKind.Loss, false)]
    [InlineData("scout.mesh.loss.*", MeshSubjectKind.Loss, false)]
    [InlineData("scout.mesh.loss.n7.more", MeshSubjectKind.Loss, false)]
    [InlineData("scout.mesh.loss.", MeshSubjectKind.Loss, false)]
    [InlineData(null, MeshSubjectKind.Loss, false)]
    public void Telemetry_names_a_node(string? subject, MeshSubjectKind kind, bool good)
    {
        Assert.Equal(good, Subjects.TryParseMesh(subject, out MeshSubject parsed));
        if (good) Assert.Equal(new MeshSubject(kind, "n7"), parsed);
    }

    [Theory]
    [InlineData("f-7c21a0", true)]
    [InlineData("f-0123456789abcdef", true)]
    [InlineData("f-7C21A0", false)]
    [InlineData("f-7c21a", false)]
    [InlineData("f-0123456789abcdef0", false)]
    [InlineData("f-*", false)]
    [InlineData("7c21a0", false)]
    [InlineData("", false)]
    public void Ids_of_faults_are_tokens(string id, bool good)
    {
        Assert.Equal(good, Scout.Protocol.Mesh.MeshFault.IsId(id));
        if (!good) Assert.Throws<ArgumentException>(() => Subjects.MeshFault(id));
    }

    [Theory]
    [InlineData("scout.lifecycle.web1.alive", true)]
    [InlineData("scout.lifecycle.web1.dead", false)]
    [InlineData("scout.lifecycle.*.alive", false)]
    [InlineData("scout.lifecycle.web1.alive.x", false)]
    public void Lifecycle_subjects(string subject, bool good) => Assert.Equal(good, Subjects.TryParseLifecycle(subject, out _));

    [Fact]
    public void Every_action_has_a_word_and_only_exact_words_are_actions()
    {
        foreach (RpcAction action in Enum.GetValues<RpcAction>())
        {
            Assert.True(RpcActions.TryParse(RpcActions.Name(action), out RpcAction parsed));
            Assert.Equal(action, parsed);
        }

        Assert.All(["Ping", "ping ", "", "probes", "meshes", "exec", "0"], word => Assert.False(RpcActions.TryParse(word, out _)));
    }
}
