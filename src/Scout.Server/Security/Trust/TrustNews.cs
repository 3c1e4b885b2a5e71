using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;
using Scout.Server.Logging;
using Scout.Server.Metrics;
using Scout.Server.Rpc;
using Scout.Server.Security.Audit;

namespace Scout.Server.Security.Trust;

/// <summary>
/// Trust documents that the broker announces (security.md 11), so that a caller who was taken back is refused within seconds and not at the next renewal. Each proves itself
/// by the signature of the trust key and a higher serial: who brings it does not matter. Cheap things are looked at first, and signatures only so often. Any thread.
/// </summary>
/// <param name="believe">Null: in force. Else why not, empty for what is known.</param>
/// <param name="current">What is in force.</param>
/// <param name="audit">A row for each document that came into force, folded rows for what was refused.</param>
/// <param name="counters">For what the bound cost.</param>
/// <param name="changed">The roster should tell.</param>
/// <param name="time">Clock.</param>
/// <param name="log">Category <c>connection</c>.</param>
internal sealed class TrustNews(Func<TrustDocument, string?> believe, Func<TrustDocument?> current, AuditTrail audit, NodeCounters counters, Action changed, TimeProvider time, ILogger log)
{
    /// <summary>Announcements looked at a second. A document may have 64 KiB, and takes one verification.</summary>
    public const int PerSecond = 10;

    private const string Announcer = "fleet";

    // Words of TrustDocument.WhyRefused, by which refusals are folded.
    private static readonly string[] Kinds = ["is lower than", "not by the trust key", "signature does not fit"];

    private readonly RequestRate rate = new(time, PerSecond);

    /// <summary>Whether a subject is that of an announcement.</summary>
    public static bool IsNews(RpcSubject subject) => subject.Action == TrustSubjects.Word && subject.Scope != RpcScope.Group;

    /// <summary>Takes one. Nobody is answered.</summary>
    public void Take(in NatsMsg<ReadOnlyMemory<byte>> message, RpcSubject subject)
    {
        if (message.Headers?.Keys.Any(SigningHeaders.IsSteered) == true)
        {
            Refuse(message.Subject, subject, SignatureFaults.Steered, SignatureFaults.Steered);
            return;
        }

        if (!TrustDocument.TryRead(message.Data.Span, out TrustDocument? document, out string? why))
        {
            Refuse(message.Subject, subject, "not a trust document: " + why, "not a trust document");
            return;
        }

        long before = current()?.Serial ?? 0;
        // An acknowledgement that somebody steers here is no document, so nobody who may not announce can use this up.
        if (document.Serial > before && !rate.TryTake())
        {
            counters.Limits.Add("rpc_rate");
            return;
        }

        // It is said several times on purpose.
        if (believe(document) is not { } refused)
        {
            LogMessages.TrustAnnounced(log, document.Serial, document.RevokedCallers.Length);
            audit.Note(Row(message.Subject, subject, "allowed", "ok", $"serial {document.Serial} in the place of {before}, signed by {document.Key}; callers taken back: {document.RevokedCallers.Length}"), fold: false);
            changed();
        }
        else if (refused.Length > 0)
        {
            LogMessages.TrustNotBelieved(log, refused);
            Refuse(message.Subject, subject, refused, Kinds.FirstOrDefault(kind => refused.Contains(kind, StringComparison.Ordinal)) ?? "a trust document that is not believed");
        }
    }

    // Folded by a closed list: what stands in a document must not make rows without end.
    private void Refuse(string full, RpcSubject subject, string why, string kind) => audit.Note(Row(full, subject, "refused", "denied", why), fold: true, kind);

    private static AuditData Row(string full, RpcSubject subject, string decision, string code, string message) => new()
    {
        Caller = decision == "allowed" ? Announcer : AuditData.Unproven,
        Action = TrustSubjects.Word,
        Request = "",
        Scope = subject.Scope.ToString().ToLowerInvariant(),
        Subject = full,
        Decision = decision,
        Code = code,
        Message = message,
    };
}
