using System.Collections.Immutable;
using Scout.Protocol.Streams;
using Scout.Protocol.Security.Trust;

namespace Scout.Protocol.Security.Roles;

/// <summary>
/// The roles as data (security.md 5). Every cell, allowed and denied, is tried against a real nats-server. A change here cuts every user of the role at the next
/// reload of the broker.
/// </summary>
/// <remarks>
/// Two rights stand here that the first table did not have, and one is left out on purpose:
/// a node may get single documents of <c>KV_SCOUT_MESH</c>, which only the broker writes (the check <c>mesh</c> with <c>scope: fleet</c>), by the form of the direct get
/// that names one subject, never by sequence. It may not hear <c>scout.lifecycle</c>: each of n nodes hearing each other is n² messages, and what a node says of itself
/// can be steered. Who is <c>silent</c> the broker hears for all, and says it in <c>NODE.place</c>.
/// Nobody has the server's right to answer (<c>resp</c>): it opens whatever subject the asker names, so that a node and a viewer together could write wherever they liked, the
/// API of JetStream included. A node publishes at inboxes where its own name stands (<see cref="Subjects.Answer"/>), the provisioner at inboxes.
/// The provisioner announces the trust document (<see cref="TrustSubjects"/>) and hears the roster, where nodes say which one they have.
/// </remarks>
public static class RoleTemplates
{
    private const string N = RoleTemplate.NamePlace;
    private const string S = RoleTemplate.KeyPlace;
    private const string G = RoleTemplate.GroupPlace;

    /// <summary>Bucket of tokens, in the account of the provisioner.</summary>
    public const string TokenBucket = "SCOUT_TOKENS";

    /// <summary>Bucket of definitions from the network (later).</summary>
    public const string MachineBucket = "SCOUT_MACHINES";

    private const string Tokens = "KV_" + TokenBucket;
    private const string Machines = "KV_" + MachineBucket;

    private const string AnyInbox = "_INBOX.>";

    private static readonly RpcAction[] Reads = [RpcAction.Ping, RpcAction.Machines, RpcAction.Machine, RpcAction.Facts, RpcAction.Mesh];

    private static readonly RpcAction[] Effects =
        [RpcAction.Check, RpcAction.Transition, RpcAction.Maintenance, RpcAction.Resume, RpcAction.Acknowledge, RpcAction.Probe];

    private static readonly ImmutableArray<string> AllStreams = [.. StreamCatalog.All.Select(static stream => stream.Name)];

    private static readonly ImmutableArray<string> Inbox = [$"_INBOX.{S}.>"];

    private static readonly ImmutableArray<string> Heard = ["scout.event.>", "scout.lifecycle.>", "scout.mesh.>", "scout.roster.>", .. Inbox];

    /// <summary>In the order of <see cref="ScoutRole"/>.</summary>
    public static ImmutableArray<RoleTemplate> All { get; } =
    [
        new RoleTemplate
        {
            Role = ScoutRole.Node,
            Publish =
            [
                .. Each($"scout.event.{N}.*.", "transition", "check", "state", "watcher"),
                .. Each($"scout.lifecycle.{N}.", "startup", "alive", "shutdown"),
                $"$KV.SCOUT_NODES.{N}",
                $"scout.renew.{N}",
                $"scout.mesh.loss.{N}",
                $"scout.mesh.report.{N}",
                "$JS.API.DIRECT.GET.KV_SCOUT_NODES",
                "$JS.API.DIRECT.GET.KV_SCOUT_NODES.>",
                "$JS.API.DIRECT.GET.KV_SCOUT_MESH.$KV.SCOUT_MESH.>",
                .. Each($"$JS.API.DIRECT.GET.{Machines}.$KV.{MachineBucket}.", $"node.{N}.*", $"group.{G}.*", "all.*"),
                $"_INBOX.*.{N}.>",
                $"_INBOX.*.{Subjects.Everybody}.>",
            ],
            Subscribe =
            [
                .. Each("scout.rpc.", $"node.{N}.*", $"group.{G}.*", "all.*"),
                $"_INBOX.{N}.>",
                "scout.roster.>",
                .. Each("scout.config.", $"node.{N}.*", $"group.{G}.*", "all.*"),
            ],
            MaxSubscriptions = 64,
            MaxPayload = 128 * 1024,
            MaxLife = TimeSpan.FromDays(7),
        },
        new RoleTemplate { Role = ScoutRole.Viewer, Publish = [.. Rpc(Reads), .. AllStreams.SelectMany(Read), "$JS.API.INFO"], Subscribe = Heard, MaxLife = TimeSpan.FromDays(30) },
        new RoleTemplate
        {
            Role = ScoutRole.Operator,
            Publish = [.. Rpc(Reads), .. Rpc(Effects), .. AllStreams.SelectMany(Read), "$JS.API.INFO"],
            Subscribe = Heard,
            MaxLife = TimeSpan.FromDays(30),
        },
        new RoleTemplate
        {
            Role = ScoutRole.Deployer,
            Publish = [$"$KV.{MachineBucket}.>", .. Read(Machines), .. Read(StreamCatalog.Roster), .. Rpc(RpcAction.Ping, RpcAction.Machines, RpcAction.Machine), "$JS.API.INFO"],
            Subscribe = ["scout.config.>", .. Inbox],
            MaxLife = TimeSpan.FromDays(30),
        },
        new RoleTemplate
        {
            Role = ScoutRole.Provisioner,
            Publish = ["$KV.SCOUT_NODES.*", .. Read(StreamCatalog.Roster), TrustSubjects.All, TrustSubjects.AnyNode, AnyInbox],
            Subscribe = ["scout.renew.*", "scout.admin.*", "scout.lifecycle.*.startup", "scout.roster.>", .. Inbox],
        },
        new RoleTemplate
        {
            Role = ScoutRole.ProvisionerEnrol,
            Account = AccountKind.Provision,
            Publish = [$"$KV.{TokenBucket}.*", .. Read(Tokens), $"$JS.API.STREAM.CREATE.{Tokens}", $"$JS.API.STREAM.UPDATE.{Tokens}", AnyInbox],
            Subscribe = ["scout.enroll.*", "scout.recover.*", .. Inbox],
        },
        new RoleTemplate
        {
            Role = ScoutRole.Admin,
            Publish = [.. Rpc(Reads), .. Rpc(Effects), "$JS.API.>", "$KV.SCOUT_NODES.>", $"$KV.{MachineBucket}.>", "scout.admin.*"],
            Subscribe = [.. Heard, "$JS.EVENT.ADVISORY.>"],
            MaxLife = TimeSpan.FromDays(30),
        },
        new RoleTemplate
        {
            Role = ScoutRole.Broker,
            Publish =
            [
                .. AllStreams.SelectMany(Read),
                "$JS.API.INFO",
                "$KV.SCOUT_NODES.*.place",
                "scout.mesh.fault.*",
                "$KV.SCOUT_MESH.>",
                "scout.rpc.node.*.probe",
            ],
            Subscribe = Heard,
        },
        new RoleTemplate
        {
            Role = ScoutRole.Gateway,
            Publish =
            [
                $"$JS.API.CONSUMER.INFO.SCOUT_EVENTS.{N}",
                $"$JS.API.CONSUMER.MSG.NEXT.SCOUT_EVENTS.{N}",
                $"$JS.ACK.SCOUT_EVENTS.{N}.>",
                $"$JS.ACK.*.*.SCOUT_EVENTS.{N}.>",
            ],
            Subscribe = Inbox,
        },
        new RoleTemplate { Role = ScoutRole.Enroll, Account = AccountKind.Provision, Publish = [$"scout.enroll.{S}"], Subscribe = Inbox, MaxSubscriptions = 4, MaxPayload = 16 * 1024 },
        new RoleTemplate
        {
            Role = ScoutRole.Recover,
            Account = AccountKind.Provision,
            Publish = [$"scout.recover.{S}"],
            Subscribe = Inbox,
            MaxSubscriptions = 4,
            MaxPayload = 16 * 1024,
            MaxLife = TimeSpan.FromDays(365),
        },
    ];

    /// <summary>What a role may do.</summary>
    public static RoleTemplate Of(ScoutRole role) => All[(int)role];

    /// <summary>Roles whose holders may ask a node for this; the node's policy may say no to them, and yes to nobody else.</summary>
    public static bool MayAsk(ScoutRole role, RpcAction action) => role switch
    {
        ScoutRole.Viewer => Reads.Contains(action),
        ScoutRole.Operator or ScoutRole.Admin => Reads.Contains(action) || Effects.Contains(action),
        ScoutRole.Deployer => action is RpcAction.Ping or RpcAction.Machines or RpcAction.Machine,
        ScoutRole.Broker => action == RpcAction.Probe,
        _ => false,
    };

    private static IEnumerable<string> Rpc(params RpcAction[] actions) =>
        from scope in (string[])["node.*", "group.*", "all"] from action in actions select $"scout.rpc.{scope}.{RpcActions.Name(action)}";

    private static IEnumerable<string> Read(string stream) => [$"$JS.API.STREAM.INFO.{stream}", $"$JS.API.DIRECT.GET.{stream}", $"$JS.API.DIRECT.GET.{stream}.>"];

    private static IEnumerable<string> Each(string before, params string[] words) => words.Select(word => before + word);
}
