using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Roles;

/// <summary>One cell of the table: may this role do this with this subject?</summary>
internal sealed record RoleCell(ScoutRole Role, bool Publish, string Subject, bool Allowed);

/// <summary>
/// Who may do what, written down a second time and by hand, so that a slip in the templates shows. The node is <c>web1</c> of the group <c>web</c>, the gateway <c>gw1</c>;
/// <c>SELF</c> is the public key of whoever is tried, <c>OTHER</c> somebody else's. Letters: n node, v viewer, o operator, d deployer, p provisioner, q provisioner among
/// those not enrolled, a admin, b broker, g gateway, e enroll, r recover. A <c>.</c> means: not tried. Where a right ends with <c>*</c>, nats-server 2.9 lets
/// a subscription with <c>&gt;</c> in its place through; nothing of Scout lies below those, and so that is not tried either.
/// </summary>
internal static class RoleTable
{
    private const string Letters = "nvodpqabger";

    private const string Rows = """
        scout.event.web1.disk.transition                    | n     | voab
        scout.event.web1.disk.check                         | n     | voab
        scout.event.web1.disk.state                         | n     | voab
        scout.event.web1.disk.watcher                       | n     | voab
        scout.event.web1._node.watcher                      | n     | voab
        scout.event.web1.disk.other                         |       | voab
        scout.event.web1.disk                               |       | voab
        scout.event.web1.disk.state.more                    |       | voab
        scout.event.db1.disk.transition                     |       | voab
        scout.event.db1.disk.state                          |       | voab
        scout.event.db1._node.watcher                       |       | voab
        scout.event.web1x.disk.state                        |       | voab
        scout.event.web1.*.state                            | .     | voab
        scout.event.*.*.*                                   | .     | voab
        scout.event.>                                       | .     | voab
        scout.lifecycle.web1.startup                        | n     | vopab
        scout.lifecycle.web1.alive                          | n     | voab
        scout.lifecycle.web1.shutdown                       | n     | voab
        scout.lifecycle.web1.other                          |       | voab
        scout.lifecycle.db1.startup                         |       | vopab
        scout.lifecycle.db1.alive                           |       | voab
        scout.lifecycle.*.startup                           | .     | vopab
        scout.lifecycle.*.alive                             | .     | voab
        scout.lifecycle.>                                   | .     | voab
        $KV.SCOUT_NODES.web1                                | npa   |
        $KV.SCOUT_NODES.db1                                 | pa    |
        $KV.SCOUT_NODES.web1.place                          | ab    |
        $KV.SCOUT_NODES.db1.place                           | ab    |
        $KV.SCOUT_NODES.db1.place.more                      | a     |
        $KV.SCOUT_NODES.>                                   | .     |
        $KV.SCOUT_NODES.*                                   | .     |
        scout.roster.web1                                   |       | nvopab
        scout.roster.db1.place                              |       | nvopab
        scout.roster.>                                      | .     | nvopab
        scout.renew.web1                                    | n     | p
        scout.renew.db1                                     |       | p
        scout.renew.*                                       | .     | p
        scout.mesh.loss.web1                                | n     | voab
        scout.mesh.report.web1                              | n     | voab
        scout.mesh.loss.db1                                 |       | voab
        scout.mesh.report.db1                               |       | voab
        scout.mesh.fault.f-7c21a0                           | b     | voab
        scout.mesh.fault.f-7c21a0.more                      |       | voab
        scout.mesh.other.web1                               |       | voab
        scout.mesh.>                                        | .     | voab
        $KV.SCOUT_MESH.summary                              | b     |
        $KV.SCOUT_MESH.fault.f-7c21a0                       | b     |
        $KV.SCOUT_MESH.lease                                | b     |
        $KV.SCOUT_MESH.>                                    | .     |
        $KV.SCOUT_MACHINES.node.web1.disk                   | da    |
        $KV.SCOUT_MACHINES.all.disk                         | da    |
        $KV.SCOUT_MACHINES.>                                | .     |
        scout.config.node.web1.disk                         |       | nd
        scout.config.node.db1.disk                          |       | d
        scout.config.group.web.disk                         |       | nd
        scout.config.group.db.disk                          |       | d
        scout.config.all.disk                               |       | nd
        scout.config.node.*.*                               | .     | d
        scout.config.>                                      | .     | d
        scout.rpc.node.web1.*                               | .     | n
        scout.rpc.node.db1.*                                | .     |
        scout.rpc.node.*.ping                               | .     |
        scout.rpc.group.web.*                               | .     | n
        scout.rpc.group.db.*                                | .     |
        scout.rpc.group.*.*                                 | .     |
        scout.rpc.all.*                                     | .     | n
        scout.rpc.all.trust                                 | p     | n
        scout.rpc.node.web1.trust                           | p     | n
        scout.rpc.node.db1.trust                            | p     |
        scout.rpc.group.web.trust                           |       | n
        scout.rpc.>                                         | .     |
        scout.admin.token                                   | a     | p
        scout.admin.token.more                              |       |
        scout.admin.*                                       | .     | p
        scout.enroll.SELF                                   | e     | q
        scout.enroll.OTHER                                  |       | q
        scout.enroll.*                                      | .     | q
        scout.recover.SELF                                  | r     | q
        scout.recover.OTHER                                 |       | q
        scout.recover.*                                     | .     | q
        $KV.SCOUT_TOKENS.OTHER                              | q     |
        $KV.SCOUT_TOKENS.SELF                               | q     |
        $KV.SCOUT_TOKENS.>                                  | .     |
        $JS.API.INFO                                        | vodab |
        $JS.API.ACCOUNT.PURGE.X                             | a     |
        $JS.API.STREAM.NAMES                                | a     |
        $JS.API.STREAM.LIST                                 | a     |
        $JS.API.STREAM.CREATE.NOT_THERE                     | a     |
        $JS.API.STREAM.UPDATE.NOT_THERE                     | a     |
        $JS.API.STREAM.DELETE.NOT_THERE                     | a     |
        $JS.API.STREAM.PURGE.NOT_THERE                      | a     |
        $JS.API.STREAM.SNAPSHOT.NOT_THERE                   | a     |
        $JS.API.STREAM.RESTORE.NOT_THERE                    | a     |
        $JS.API.STREAM.MSG.GET.NOT_THERE                    | a     |
        $JS.API.STREAM.MSG.DELETE.NOT_THERE                 | a     |
        $JS.API.STREAM.INFO.NOT_THERE                       | a     |
        $JS.API.DIRECT.GET.NOT_THERE                        | a     |
        $JS.API.DIRECT.GET.KV_SCOUT_MESH.$KV.SCOUT_MESH.summary         | nvoab |
        $JS.API.DIRECT.GET.KV_SCOUT_MESH.$KV.SCOUT_MESH.fault.f-7c21a0  | nvoab |
        $JS.API.DIRECT.GET.KV_SCOUT_MESH.$KV.SCOUT_NODES.db1            | voab  |
        $JS.API.STREAM.INFO.KV_SCOUT_MACHINES               | da    |
        $JS.API.DIRECT.GET.KV_SCOUT_MACHINES                | da    |
        $JS.API.DIRECT.GET.KV_SCOUT_MACHINES.$KV.SCOUT_MACHINES.node.web1.disk | nda |
        $JS.API.DIRECT.GET.KV_SCOUT_MACHINES.$KV.SCOUT_MACHINES.node.db1.disk  | da  |
        $JS.API.DIRECT.GET.KV_SCOUT_MACHINES.$KV.SCOUT_MACHINES.group.web.disk | nda |
        $JS.API.DIRECT.GET.KV_SCOUT_MACHINES.$KV.SCOUT_MACHINES.group.db.disk  | da  |
        $JS.API.DIRECT.GET.KV_SCOUT_MACHINES.$KV.SCOUT_MACHINES.all.disk       | nda |
        $JS.API.STREAM.INFO.KV_SCOUT_TOKENS                 | qa    |
        $JS.API.DIRECT.GET.KV_SCOUT_TOKENS                  | qa    |
        $JS.API.DIRECT.GET.KV_SCOUT_TOKENS.$KV.SCOUT_TOKENS.OTHER | qa |
        $JS.API.STREAM.UPDATE.KV_SCOUT_TOKENS               | qa    |
        $JS.API.STREAM.DELETE.KV_SCOUT_TOKENS               | a     |
        $JS.API.STREAM.PURGE.KV_SCOUT_TOKENS                | a     |
        $JS.API.CONSUMER.CREATE.SCOUT_EVENTS                | a     |
        $JS.API.CONSUMER.CREATE.SCOUT_EVENTS.gw1            | a     |
        $JS.API.CONSUMER.CREATE.SCOUT_EVENTS.gw1.scout.event.web1.disk.state | a |
        $JS.API.CONSUMER.DURABLE.CREATE.SCOUT_EVENTS.gw1    | a     |
        $JS.API.CONSUMER.DELETE.SCOUT_EVENTS.gw1            | a     |
        $JS.API.CONSUMER.INFO.SCOUT_EVENTS.gw1              | ag    |
        $JS.API.CONSUMER.INFO.SCOUT_EVENTS.gw2              | a     |
        $JS.API.CONSUMER.MSG.NEXT.SCOUT_EVENTS.gw1          | ag    |
        $JS.API.CONSUMER.MSG.NEXT.SCOUT_EVENTS.gw2          | a     |
        $JS.API.CONSUMER.MSG.NEXT.KV_SCOUT_NODES.gw1        | a     |
        $JS.API.CONSUMER.NAMES.SCOUT_EVENTS                 | a     |
        $JS.API.CONSUMER.LIST.SCOUT_EVENTS                  | a     |
        $JS.ACK.SCOUT_EVENTS.gw1.1.2.3.4.5                  | g     |
        $JS.ACK.SCOUT_EVENTS.gw2.1.2.3.4.5                  |       |
        $JS.ACK.hub.hash.SCOUT_EVENTS.gw1.1.2.3.4.5         | g     |
        $JS.ACK.hub.hash.SCOUT_EVENTS.gw2.1.2.3.4.5         |       |
        $JS.ACK.KV_SCOUT_NODES.gw1.1.2.3.4.5                |       |
        $JS.FC.SCOUT_EVENTS.gw1.x                           |       |
        $JS.EVENT.ADVISORY.STREAM.CREATED.X                 |       | a
        $JS.EVENT.ADVISORY.>                                | .     | a
        $JS.EVENT.>                                         | .     |
        $JS.API.>                                           | .     |
        $JS.>                                               | .     |
        $KV.>                                               | .     |
        $SYS.REQ.SERVER.PING                                |       |
        $SYS.ACCOUNT.X.CONNECT                              |       |
        $SYS.>                                              | .     |
        _INBOX.SELF.a                                       | pq    | vodpqabger
        _INBOX.SELF.>                                       | .     | vodpqabger
        _INBOX.SELF.a.b                                     | pq    | vodpqabger
        _INBOX.SELF                                         | pq    |
        _INBOX.OTHER.a                                      | pq    |
        _INBOX.OTHER.web1.id.0                              | npq   |
        _INBOX.OTHER.db1.id.0                               | pq    |
        _INBOX.OTHER._all.id                                | npq   |
        _INBOX.OTHER.web1                                   | pq    |
        _INBOX.OTHER.id.web1                                | pq    |
        _INBOX                                              |       |
        _INBOX.OTHER.>                                      | .     |
        _INBOX.web1.a                                       | pq    | n
        _INBOX.web1.>                                       | .     | n
        _INBOX.db1.>                                        | .     |
        _INBOX.*.a                                          | .     |
        _INBOX.>                                            | .     |
        scout.>                                             | .     |
        scout.*.>                                           | .     |
        scout.*.web1.*                                      | .     |
        other                                               |       |
        *                                                   | .     |
        *.>                                                 | .     |
        >                                                   | .     |
        """;

    private static readonly (string Words, string Who)[] Actions =
    [
        ("ping machines machine", "voda"),
        ("facts mesh", "voa"),
        ("check transition maintenance resume acknowledge probe", "oa"),
        ("history shell exec", ""),
    ];

    public static IEnumerable<RoleCell> Cells(ScoutRole role, string self, string other) =>
        from row in Split().Concat(Rpc()).Concat(Streams())
        let subject = row.Subject.Replace("SELF", self, StringComparison.Ordinal).Replace("OTHER", other, StringComparison.Ordinal)
        from publish in (bool[])[true, false]
        let who = publish ? row.Publish : row.Subscribe
        where who != "."
        select new RoleCell(role, publish, subject, who.Contains(Letters[(int)role], StringComparison.Ordinal));

    private static IEnumerable<(string Subject, string Publish, string Subscribe)> Split() => Rows.Split('\n').Select(static row =>
    {
        string[] cells = row.Split('|', StringSplitOptions.TrimEntries);
        return (cells[0], cells[1], cells[2]);
    });

    private static IEnumerable<(string Subject, string Publish, string Subscribe)> Rpc() =>
        from scope in (string[])["node.web1", "node.db1", "group.web", "group.db", "all"]
        from action in Actions
        from word in action.Words.Split(' ')
        let broker = word == "probe" && scope.StartsWith("node.", StringComparison.Ordinal) ? "b" : ""
        select ($"scout.rpc.{scope}.{word}", action.Who + broker, scope is "node.web1" or "group.web" or "all" ? "n" : "");

    private static IEnumerable<(string Subject, string Publish, string Subscribe)> Streams() =>
        from stream in (string[])["SCOUT_EVENTS", "SCOUT_STATE", "SCOUT_LIFECYCLE", "SCOUT_FAULTS", "KV_SCOUT_NODES", "KV_SCOUT_MESH"]
        from call in (string[])["STREAM.INFO.", "DIRECT.GET.", "DIRECT.GET.X."]
        let subject = call == "DIRECT.GET.X." ? $"$JS.API.DIRECT.GET.{stream}.some.subject" : $"$JS.API.{call}{stream}"
        let more = stream != "KV_SCOUT_NODES" ? "" : call == "STREAM.INFO." ? "dp" : "ndp"
        select (subject, "voab" + more, "");
}
