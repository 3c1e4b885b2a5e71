using System.Net;
using System.Text;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Testing;

namespace Scout.Protocol.Tests.Mesh;

public sealed class MeshDocumentTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 21, 0, 42, 51, 261, TimeSpan.Zero);
    private static readonly KeyValuePair<string, string>[] Headers = [new("Content-Type", "application/cloudevents+json")];

    [Fact]
    public void A_fault_event_is_valid_by_its_schema_and_read_as_it_was_written()
    {
        byte[] bytes = MeshFaultEvent.Write(Guid.Parse("01a1fb93-4685-7a0f-95f5-5c94ec7de222"), "broker1", Fault());
        byte[] small = MeshFaultEvent.Write(Guid.Parse("01a1fb93-4685-7a0f-95f5-5c94ec7de223"), "broker1", Fault() with
        {
            Confirmed = null,
            Cleared = null,
            Maintenance = false,
            Partial = false,
            More = 0,
            Evidence = new MeshEvidence { Paths = 1, FailingPaths = 1, FarEnds = 1, FailingFarEnds = 1, Sent = 3, Lost = 3 },
        });
        Assert.True(MeshFaultEvent.TryRead("scout.mesh.fault.f-7c21a0", Headers, bytes, EventDelivery.Live, out MeshFault? read, out string? error), error);
        Assert.Equal(Encoding.UTF8.GetString(Fault().ToBytes()), Encoding.UTF8.GetString(read.ToBytes()));
        Assert.All(SchemaValidator.Validate([(MeshFault.EventType, bytes), (MeshFault.EventType, small)]), errors => Assert.Equal([], errors));
    }

    [Fact]
    public void Every_word_of_a_fault_is_in_the_schema()
    {
        List<(string, ReadOnlyMemory<byte>)> all = [];
        foreach (MeshFaultState state in Enum.GetValues<MeshFaultState>()) all.Add(Event(Fault() with { State = state }));
        foreach (MeshFaultKind kind in Enum.GetValues<MeshFaultKind>()) all.Add(Event(Fault() with { Kind = kind }));
        foreach (MeshFaultDirection direction in Enum.GetValues<MeshFaultDirection>()) all.Add(Event(Fault() with { Direction = direction }));
        foreach (MeshFaultTrouble what in Enum.GetValues<MeshFaultTrouble>()) all.Add(Event(Fault() with { What = what }));
        Assert.All(SchemaValidator.Validate(all), errors => Assert.Equal([], errors));
    }

    [Fact]
    public void A_fault_event_that_was_steered_or_tells_of_another_fault_does_not_count()
    {
        byte[] bytes = Event(Fault()).Json.ToArray();
        Assert.False(MeshFaultEvent.TryRead("scout.mesh.fault.f-000000", Headers, bytes, EventDelivery.Live, out _, out _));
        Assert.False(MeshFaultEvent.TryRead("scout.mesh.fault.f-7c21a0", Headers, bytes, EventDelivery.DirectGet, out _, out _));
        Assert.False(MeshFaultEvent.TryRead("scout.mesh.fault.f-7c21a0", [.. Headers, new("Nats-Stream", "X")], bytes, EventDelivery.Live, out _, out _));
        byte[] node = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("/scout/broker/", "/scout/node/", StringComparison.Ordinal));
        Assert.False(MeshFaultEvent.TryRead("scout.mesh.fault.f-7c21a0", Headers, node, EventDelivery.Live, out _, out _));
    }

    [Theory]
    [InlineData("\"id\":\"f-7c21a0\"", "\"id\":\"f-*\"")]
    [InlineData("\"kind\":\"node\"", "\"kind\":\"house\"")]
    [InlineData("\"component\":\"n7\"", "\"component\":\"a b\"")]
    [InlineData("\"component\":\"n7\"", "\"component\":\"a/b/c\"")]
    [InlineData("\"loss\":0.38", "\"loss\":1.01")]
    [InlineData("\"loss\":0.38", "\"loss\":\"NaN\"")]
    [InlineData("\"confidence\":0.9999", "\"confidence\":-1")]
    [InlineData("\"since\":\"2026", "\"since\":\"26")]
    public void A_fault_document_that_does_not_fit_does_not_count(string good, string bad)
    {
        string json = Encoding.UTF8.GetString(Fault().ToBytes());
        Assert.Contains(good, json, StringComparison.Ordinal);
        Assert.False(MeshFault.TryRead(Encoding.UTF8.GetBytes(json.Replace(good, bad, StringComparison.Ordinal)), out _, out string? error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData(MeshFaultKind.Node, "n7", MeshFaultDirection.Egress, MeshFaultTrouble.Loss, "node n7 egress")]
    [InlineData(MeshFaultKind.Node, "n7", MeshFaultDirection.Both, MeshFaultTrouble.Loss, "node n7")]
    [InlineData(MeshFaultKind.Node, "n7", MeshFaultDirection.Unknown, MeshFaultTrouble.Down, "node n7 down")]
    [InlineData(MeshFaultKind.Node, "n7", MeshFaultDirection.Unknown, MeshFaultTrouble.Slow, "node n7 slow")]
    [InlineData(MeshFaultKind.BrokerLink, "n7", MeshFaultDirection.Unknown, MeshFaultTrouble.BrokerLink, "node n7 cannot reach the broker")]
    [InlineData(MeshFaultKind.ZonePair, "a/b", MeshFaultDirection.Forward, MeshFaultTrouble.Loss, "zone a to zone b")]
    [InlineData(MeshFaultKind.ZonePair, "a/b", MeshFaultDirection.Reverse, MeshFaultTrouble.Loss, "zone b to zone a")]
    [InlineData(MeshFaultKind.ZonePair, "a/b", MeshFaultDirection.Both, MeshFaultTrouble.Loss, "between zone a and zone b")]
    [InlineData(MeshFaultKind.ZonePair, "a/a", MeshFaultDirection.Both, MeshFaultTrouble.Loss, "zone a inside")]
    [InlineData(MeshFaultKind.Zone, "a", MeshFaultDirection.Both, MeshFaultTrouble.Loss, "zone a isolated")]
    [InlineData(MeshFaultKind.Pair, "n3/n9", MeshFaultDirection.Forward, MeshFaultTrouble.Mtu, "n3 to n9 mtu")]
    public void Faults_have_words(MeshFaultKind kind, string component, MeshFaultDirection direction, MeshFaultTrouble what, string text) =>
        Assert.Equal(text, MeshFaultText.Describe(kind, component, direction, what));

    [Fact]
    public void Summary_matrix_and_lease_are_read_as_they_were_written()
    {
        var summary = new MeshSummary
        {
            Broker = "broker1",
            At = Time,
            Nodes = 1000,
            Zones = 5,
            Rings = 10,
            Paths = 10_000,
            ProbesPerSecond = 12,
            WindowS = 30,
            Reporting = 1000,
            Loss = 0.000004,
            RttP50Ms = 0.21,
            Late = 0,
            Stalled = 0.0002,
            Maintenance = ["n12 (cordoned)"],
            Suspects = 1,
            Confirmed = 1,
            Faults = ["f-7c21a0", "f-90b3e4"],
        };
        Assert.True(MeshSummary.TryRead(summary.ToBytes(), out MeshSummary? read, out string? error), error);
        Assert.Equal(summary.ToBytes(), read.ToBytes());
        Assert.False(MeshSummary.TryRead((summary with { Faults = ["*"] }).ToBytes(), out _, out _));
        Assert.False(MeshSummary.TryRead((summary with { Schema = "io.scout.mesh.summary.v2" }).ToBytes(), out _, out _));
        var matrix = new ZoneMatrix { At = Time, WindowS = 30, Zones = ["-", "a", "other"], Cells = [new("a", "-", 10, 0.1, 0.2, 0.9, null)] };
        Assert.True(ZoneMatrix.TryRead(matrix.ToBytes(), out ZoneMatrix? cells, out error), error);
        Assert.Equal(matrix.ToBytes(), cells.ToBytes());
        Assert.Equal(0.1, cells.Find("a", "-")!.Loss);
        Assert.False(ZoneMatrix.TryRead((matrix with { Zones = ["a b"] }).ToBytes(), out _, out _));
        Assert.False(ZoneMatrix.TryRead("{}"u8, out _, out _));
        var lease = new MeshLease { Broker = "broker1", At = Time };
        Assert.True(MeshLease.TryRead(lease.ToBytes(), out MeshLease? held, out error), error);
        Assert.Equal(lease, held);
    }

    [Theory]
    [InlineData("""{"v":1,"zone":"a","region":"eu","ready":true,"unschedulable":false,"pod":"scout-x"}""", true, false)]
    [InlineData("""{"v":1,"unschedulable":true}""", true, true)]
    [InlineData("""{"v":1,"ready":false}""", true, true)]
    [InlineData("""{"v":1,"maintenance":true,"newer":[]}""", true, true)]
    [InlineData("""{"v":1}""", true, false)]
    [InlineData("""{"v":2}""", false, false)]
    [InlineData("""{"v":1,"zone":"A"}""", false, false)]
    [InlineData("""{"v":1,"zone":7}""", false, false)]
    [InlineData("null", false, false)]
    [InlineData("", false, false)]
    public void A_place_says_where_a_node_stands_and_whether_it_is_in_maintenance(string json, bool good, bool maintenance)
    {
        Assert.Equal(good, NodePlace.TryRead(Encoding.UTF8.GetBytes(json), out NodePlace? place, out string? error));
        if (!good)
        {
            Assert.NotNull(error);
            return;
        }

        Assert.Equal(maintenance, place!.InMaintenance);
        Assert.True(NodePlace.TryRead(place.ToBytes(), out NodePlace? again, out _));
        Assert.Equal(place, again);
    }

    [Fact]
    public void Only_addresses_of_one_host_are_taken_from_the_roster()
    {
        var mesh = new RosterMesh(["10.0.0.1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "name.example", "::ffff:10.0.0.2", "fd00::1"], 8620, "up");
        Assert.Equal([IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")], mesh.Parse());
        Assert.Equal([IPAddress.Parse("fd00::1")], new RosterMesh(["fd00::1"], 1, "up").Parse());
        Assert.Empty(new RosterMesh(default, 8620, null!).Parse());
        Assert.Equal(MeshNodeState.Leaving, (mesh with { State = "leaving" }).ParseState());
        Assert.Equal(MeshNodeState.Up, (mesh with { State = "dancing" }).ParseState());
    }

    [Fact]
    public void States_have_words_of_their_own()
    {
        foreach (MeshNodeState state in Enum.GetValues<MeshNodeState>())
        {
            Assert.True(MeshNodeStates.TryParse(MeshNodeStates.Name(state), out MeshNodeState parsed));
            Assert.Equal(state, parsed);
        }
    }

    private static (string Schema, ReadOnlyMemory<byte> Json) Event(MeshFault fault) =>
        (MeshFault.EventType, MeshFaultEvent.Write(Guid.Parse("01a1fb93-4685-7a0f-95f5-5c94ec7de222"), "broker1", fault));

    private static MeshFault Fault() => new()
    {
        Id = "f-7c21a0",
        State = MeshFaultState.Confirmed,
        Kind = MeshFaultKind.Node,
        Component = "n7",
        Direction = MeshFaultDirection.Egress,
        What = MeshFaultTrouble.Loss,
        Text = "node n7 egress",
        Loss = 0.38,
        Confidence = 0.9999,
        Since = Time,
        Confirmed = Time.AddSeconds(2),
        Cleared = Time.AddSeconds(9),
        At = Time.AddSeconds(9),
        Maintenance = true,
        Partial = true,
        More = 2,
        Evidence = new MeshEvidence
        {
            Paths = 20,
            FailingPaths = 20,
            FarEnds = 20,
            FailingFarEnds = 20,
            Sent = 200,
            Lost = 76,
            Forward = 73,
            Reverse = 3,
            WindowS = 5,
            Failing = [new("n7", "n3", 10, 6, MeshFaultDirection.Forward)],
            Passing = [new("n1", "n2", 10, 0, MeshFaultDirection.Unknown)],
            Ports = [3, 9],
            Witnesses = [new("n2", "a", 5, 3)],
            Trace = "lost after hop 1",
        },
    };
}
