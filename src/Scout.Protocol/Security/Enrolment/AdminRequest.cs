using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>The body of a request to <c>scout.admin.*</c>. Which fields count depends on the action; the others are absent.</summary>
public sealed record AdminRequest
{
    public const string SchemaName = "io.scout.admin.request.v1";

    public const int MaxBytes = 16 * 1024;

    /// <summary>Most uses of one token.</summary>
    public const int MaxUses = 200;

    /// <summary>Most holders whose logins are taken back by one request.</summary>
    public const int MaxHolders = 64;

    /// <summary>Longest life of a token, seconds.</summary>
    public const int MaxTtlS = 30 * 24 * 3600;

    public string Schema { get; init; } = SchemaName;

    /// <summary>Of the request, for the audit.</summary>
    public required string Id { get; init; }

    /// <summary><c>token</c>: a node name, or a glob of names with <see cref="Uses"/> above 1. <c>approve</c>, <c>deny</c>: the node.</summary>
    public string? Node { get; init; }

    /// <summary><c>token</c>: groups the node will be in.</summary>
    public ImmutableArray<string>? Groups { get; init; }

    /// <summary><c>token</c>: seconds; 0: one hour.</summary>
    public int TtlS { get; init; }

    /// <summary><c>token</c>: how many nodes; 0: one.</summary>
    public int Uses { get; init; }

    /// <summary><c>token</c>: a node of this name may exist; its key is revoked when the new one is issued.</summary>
    public bool Replace { get; init; }

    /// <summary><c>untoken</c>: the token's public key, or its first characters. <c>approve</c>: the key seen, when given; another one is not approved.</summary>
    public string? Key { get; init; }

    /// <summary><c>deny</c>: for the node's log.</summary>
    public string? Reason { get; init; }

    /// <summary><c>revoke-node</c>, <c>revoke-caller</c>: names, or public keys.</summary>
    public ImmutableArray<string>? Holders { get; init; }

    public byte[] ToBytes() => MeshJson.ToBytes(this, EnrolmentJsonContext.Default.AdminRequest);

    /// <summary>Reads strictly.</summary>
    public static bool TryRead(AdminAction action, ReadOnlyMemory<byte> json, [NotNullWhen(true)] out AdminRequest? request, [NotNullWhen(false)] out string? error)
    {
        request = null;
        error = json.Length > MaxBytes ? $"the request is over {MaxBytes} bytes" : null;
        if (error is not null) return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            return TryRead(action, document.RootElement, out request, out error);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            error = "no valid JSON: " + Shown.Clip(failure.Message, 200);
            return false;
        }
    }

    private static bool TryRead(AdminAction action, JsonElement root, out AdminRequest? request, out string? error)
    {
        request = null;
        var wrong = new StrictObject.Problem();
        var top = new StrictObject(root, "", wrong);
        string schema = top.Text("schema", 64, required: true) ?? "";
        if (schema != SchemaName) wrong.Say($"schema '{Shown.Clip(schema)}' is not spoken here; {SchemaName} is");
        string id = top.Text("id", 64, required: true) ?? "";
        if (!RpcRequestReader.IsId(id)) wrong.Say("'id' must be 1 to 64 of A-Z a-z 0-9 . _ : -");
        // Written as zero and false where they do not matter.
        bool token = action == AdminAction.Token;
        string? node = top.Text("node", 128, required: action is AdminAction.Token or AdminAction.Approve or AdminAction.Deny);
        ImmutableArray<string> groups = top.Texts("groups", 16, 128, static name => Names.IsGroup(name), "name of a group");
        int ttl = (int)top.Number("ttl_s", 0, MaxTtlS, 0);
        int uses = (int)top.Number("uses", 0, MaxUses, 0);
        bool replace = top.Flag("replace");
        string? key = top.Text("key", KeyText.Length, required: action == AdminAction.Untoken);
        string? reason = top.Text("reason", 200);
        bool revokes = action is AdminAction.RevokeNode or AdminAction.RevokeCaller;
        ImmutableArray<string> holders = top.Texts("holders", MaxHolders, Names.MaxLength, IsHolder, "name or key of a holder");
        top.End();
        if (node is not null && token && !IsNodeGlob(node)) wrong.Say($"'{Shown.Clip(node)}' is no node name or pattern of names (a-z 0-9 _ - * ?)");
        if (node is not null && !token && !Names.IsNode(node)) wrong.Say($"'{Shown.Clip(node)}' is not a node name");
        if (token && uses > 1 && node is not null && Names.IsNode(node)) wrong.Say("a token of several uses is for a pattern of names, such as web-*");
        if (token && uses > 1 && groups.IsEmpty) wrong.Say("a token of several uses names at least one group");
        if (token && replace && node is not null && !Names.IsNode(node)) wrong.Say("only a token for one name replaces a node");
        if (revokes && holders.IsEmpty) wrong.Say("'holders' names nobody");
        error = wrong.Text;
        if (error is not null) return false;
        request = new AdminRequest
        {
            Id = id,
            Node = node,
            Holders = holders.IsEmpty ? null : holders,
            Groups = groups.IsEmpty ? null : groups,
            TtlS = ttl,
            Uses = uses,
            Replace = replace,
            Key = key,
            Reason = reason,
        };
        return true;
    }

    // A key, or a name of a node or a person, whose letters are all of those.
    private static bool IsHolder(string text) => Names.IsKey(text) || RoleNames.IsName(ScoutRole.Viewer, text) || Names.IsNode(text);

    /// <summary>A node name in which <c>*</c> and <c>?</c> may stand, but not alone: a token for everybody is made by nobody by accident.</summary>
    internal static bool IsNodeGlob(string text) =>
        text.Length is > 0 and <= Names.MaxLength && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '*' or '?') && text.Any(static c => c is not ('*' or '?'));
}
