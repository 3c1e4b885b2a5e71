using System.Globalization;
using System.Diagnostics.CodeAnalysis;

namespace Scout.Nats.Protocol;

/// <summary>Headers of JetStream that are written straight into the frame, without a collection for them.</summary>
internal sealed record PublishHeaders
{
    public string? MsgId { get; init; }

    public string? ExpectedStream { get; init; }

    public string? ExpectedLastMsgId { get; init; }

    public ulong? ExpectedLastSequence { get; init; }

    public ulong? ExpectedLastSubjectSequence { get; init; }

    /// <summary>The header part of both, in <paramref name="scratch"/>.</summary>
    public static ReadOnlySpan<byte> Encode(NatsHeaders? headers, PublishHeaders? more, [NotNull] scoped ref byte[]? scratch)
    {
        int bound = 32 + (headers is null ? 0 : HeaderText.Length(headers)) + (more?.Bound() ?? 0);
        if (scratch is null || scratch.Length < bound) scratch = new byte[Math.Max(512, bound)];
        Span<byte> to = scratch;
        int at = HeaderText.WriteStart(to);
        if (headers is not null)
        {
            foreach ((string name, string value) in headers.Pairs) at += HeaderText.WritePair(to[at..], name, value);
        }

        if (more is not null) at += more.Write(to[at..]);
        at += HeaderText.WriteEnd(to[at..]);
        return scratch.AsSpan(0, at);
    }

    private int Bound() => 256 + (((MsgId?.Length ?? 0) + (ExpectedStream?.Length ?? 0) + (ExpectedLastMsgId?.Length ?? 0)) * 3);

    private int Write(Span<byte> to)
    {
        int at = 0;
        if (MsgId is not null) at += HeaderText.WritePair(to[at..], "Nats-Msg-Id", MsgId);
        if (ExpectedStream is not null) at += HeaderText.WritePair(to[at..], "Nats-Expected-Stream", ExpectedStream);
        if (ExpectedLastMsgId is not null) at += HeaderText.WritePair(to[at..], "Nats-Expected-Last-Msg-Id", ExpectedLastMsgId);
        if (ExpectedLastSequence is { } last) at += HeaderText.WritePair(to[at..], "Nats-Expected-Last-Sequence", Text(last));
        if (ExpectedLastSubjectSequence is { } subject) at += HeaderText.WritePair(to[at..], "Nats-Expected-Last-Subject-Sequence", Text(subject));
        return at;
    }

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
