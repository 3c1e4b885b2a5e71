using System.Threading.Tasks.Sources;
using Scout.Nats.Protocol;

namespace Scout.Nats.Requests;

/// <summary>Waits for one answer as a message.</summary>
internal class MessageReply<T>(NatsConnection connection, string subject) : PendingReply, IValueTaskSource<NatsMsg<T>>
{
    private ManualResetValueTaskSourceCore<NatsMsg<T>> core;
    private NatsMsg<T> answer;
    private Exception? error;

    public override string Subject => subject;

    public ValueTask<NatsMsg<T>> Answer => new(this, core.Version);

    public override void Complete(in Frame frame, NatsHeaders? headers)
    {
        if (frame.Payload.IsEmpty && headers?.IsStatus(503) == true) error = new NatsNoRespondersException(subject);
        else answer = NatsMsg<T>.From(connection, frame, headers, null);
    }

    public override void Fail(Exception reason) => error = reason;

    public override void Release()
    {
        if (error is null) core.SetResult(answer);
        else core.SetException(error);
    }

    public NatsMsg<T> GetResult(short token) => core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
