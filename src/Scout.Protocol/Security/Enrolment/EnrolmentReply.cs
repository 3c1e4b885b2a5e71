using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Scout.Protocol.Mesh;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>The provisioner's answer to an enrolment, a renewal or a recovery. Nothing in it is believed before the node has checked the JWT and the trust document.</summary>
public sealed record EnrolmentReply
{
    public const string SchemaName = "io.scout.enroll.reply.v1";

    /// <summary>Largest reply, bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    public string Schema { get; init; } = SchemaName;

    public required EnrolmentStatus Status { get; init; }

    /// <summary>Why not; absent when issued or pending.</summary>
    public EnrolmentCode? Code { get; init; }

    /// <summary>For people: what, and how to mend it.</summary>
    public string? Message { get; init; }

    /// <summary>Seconds after which to ask again, at least; 0 when there is no point.</summary>
    public int RetryS { get; init; }

    /// <summary>The user JWT of the node in the account FLEET.</summary>
    public string? Jwt { get; init; }

    /// <summary>The user JWT of the same key in the account PROVISION, good for a recovery alone.</summary>
    public string? RecoverJwt { get; init; }

    /// <summary>The trust document as it was signed, JSON.</summary>
    public string? Trust { get; init; }

    /// <summary>Where the brokers are, for nodes that were told by the token alone.</summary>
    public ImmutableArray<string>? Urls { get; init; }

    /// <summary>Certificates of the authorities, PEM; during a change of them both stand here. Absent: as before.</summary>
    public string? Ca { get; init; }

    /// <summary>Longest wait before the first attempt after a lost line; absent: the node's default.</summary>
    public int? ReconnectSpreadS { get; init; }

    /// <summary>The provisioner's clock, Unix milliseconds.</summary>
    public long Time { get; init; }

    public byte[] ToBytes() => MeshJson.ToBytes(this, EnrolmentJsonContext.Default.EnrolmentReply);

    /// <summary>Unknown fields are stepped over: a newer provisioner may send them.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out EnrolmentReply? reply, [NotNullWhen(false)] out string? error)
    {
        if (!MeshJson.TryRead(json, MaxBytes, EnrolmentJsonContext.Default.EnrolmentReply, out reply, out error)) return false;
        error = reply.Schema != SchemaName ? $"its schema is '{Shown.Clip(reply.Schema)}', not {SchemaName}"
            : reply.Status == EnrolmentStatus.Issued && (reply.Jwt is null || reply.RecoverJwt is null || reply.Trust is null) ? "it issues nothing"
            : reply.Status == EnrolmentStatus.Refused && reply.Code is null ? "it refuses without a code"
            : null;
        if (error is null) return true;
        reply = null;
        return false;
    }

    // JWTs carry no secret, but their signatures do not belong into logs.
    public override string ToString() => $"reply {Status} {Code} {Shown.Clip(Message ?? "")}";
}
