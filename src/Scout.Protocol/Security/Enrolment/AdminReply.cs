using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Scout.Protocol.Mesh;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>The provisioner's answer to an admin.</summary>
public sealed record AdminReply
{
    public const string SchemaName = "io.scout.admin.reply.v1";

    public const int MaxBytes = 1024 * 1024;

    public string Schema { get; init; } = SchemaName;

    public string Id { get; init; } = "";

    /// <summary>
    /// <c>ok</c>, or as in RPC: <c>bad_request not_found denied stale busy internal</c>; <c>pending</c>: it is written, and not in force yet, because the reload that it takes would
    /// lose an answer under way. The same request again tells.
    /// </summary>
    public required string Code { get; init; }

    public string? Message { get; init; }

    /// <summary>The text of a new token: given once, kept nowhere.</summary>
    public string? Token { get; init; }

    public ImmutableArray<TokenRow>? Tokens { get; init; }

    public ImmutableArray<EnrolmentRow>? Enrolments { get; init; }

    /// <summary>What was taken back, a line each.</summary>
    public ImmutableArray<string>? Revoked { get; init; }

    /// <summary>Rows that did not fit.</summary>
    public int Truncated { get; init; }

    /// <summary>The provisioner's clock, Unix milliseconds.</summary>
    public long Time { get; init; }

    public byte[] ToBytes() => MeshJson.ToBytes(this, EnrolmentJsonContext.Default.AdminReply);

    /// <summary>Unknown fields are stepped over.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out AdminReply? reply, [NotNullWhen(false)] out string? error)
    {
        if (!MeshJson.TryRead(json, MaxBytes, EnrolmentJsonContext.Default.AdminReply, out reply, out error)) return false;
        error = reply.Schema == SchemaName ? null : $"its schema is '{Shown.Clip(reply.Schema)}', not {SchemaName}";
        if (error is null) return true;
        reply = null;
        return false;
    }

    public override string ToString() => $"reply {Shown.Clip(Code)} {Shown.Clip(Message ?? "")}";
}

/// <summary>A token as people see it, without its secret.</summary>
/// <param name="Key">Public key; names it.</param>
/// <param name="For">Name or pattern.</param>
/// <param name="State"><c>new bound used revoked expired</c>.</param>
public sealed record TokenRow(
    string Key, string For, ImmutableArray<string> Groups, string State, int Uses, int Used, bool Replace, DateTimeOffset Made, DateTimeOffset Expires, string By, ImmutableArray<string> Nodes);

/// <summary>A node that waits, or was let in.</summary>
/// <param name="State"><c>pending approved denied enrolled revoked</c>.</param>
/// <param name="Key">Public key of the node.</param>
/// <param name="Token">Public key of the token it came with.</param>
/// <param name="Since">When it came into this state.</param>
/// <param name="Expires">Of its credentials.</param>
public sealed record EnrolmentRow(
    string Node, string State, string Key, string Token, ImmutableArray<string> Groups, DateTimeOffset Since, DateTimeOffset? Expires, NodeFactsBrief? Facts, string? Message);
