using System.Threading.Tasks.Sources;
using Scout.Nats.Protocol;
using Scout.Nats.Requests;

namespace Scout.Nats.JetStream;

/// <summary>Waits for the acknowledgement of a publish, and reads it on the read loop: nothing of the frame is copied.</summary>
internal sealed class AckReply(string subject, string? expectedStream) : PendingReply, IValueTaskSource<PubAckResponse?>
{
    private ManualResetValueTaskSourceCore<PubAckResponse?> core;
    private PubAckResponse? ack;
    private Exception? error;

    public override string Subject => subject;

    /// <summary>The acknowledgement, or null when nobody listens on the subject.</summary>
    public ValueTask<PubAckResponse?> Answer => new(this, core.Version);

    public override void Complete(in Frame frame, NatsHeaders? headers)
    {
        if (headers is not { Code: 503 })
        {
            ack = PubAckResponse.TryParse(frame.Payload, expectedStream);
            if (ack is null) error = new NatsJSException($"The answer to a publish on '{subject}' is not an acknowledgement.");
            else if (ack.Error is null && expectedStream is not null && ack.Stream != expectedStream)
                error = new NatsJSException($"'{subject}' was acknowledged by the stream '{ack.Stream}' instead of '{expectedStream}'.");
        }
    }

    public override void Fail(Exception reason) =>
        error = reason is NatsNoReplyException ? new NatsJSPublishNoResponseException(subject, noResponders: false) : reason;

    public override void Release()
    {
        if (error is null) core.SetResult(ack);
        else core.SetException(error);
    }

    public PubAckResponse? GetResult(short token) => core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
