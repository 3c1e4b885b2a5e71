namespace Scout.Server.Mesh.Reporting;

/// <summary>Telemetry over the line to the broker, as soon as there is one.</summary>
internal sealed class NatsTelemetry : ITelemetryLine
{
    private volatile NatsConnection? connection;

    public bool IsOpen => connection is { ConnectionState: NatsConnectionState.Open };

    /// <summary>Messages that the line did not take.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    private long dropped;

    public void Attach(NatsConnection line) => connection = line;

    public void Send(string subject, byte[] message)
    {
        if (connection is not { } line) return;
        try
        {
            ValueTask sent = line.PublishAsync(subject, (ReadOnlyMemory<byte>)message);
            if (!sent.IsCompletedSuccessfully) _ = FinishAsync(sent);
        }
        catch (Exception error) when (error is NatsException or ObjectDisposedException)
        {
            Interlocked.Increment(ref dropped);
        }
    }

    private async Task FinishAsync(ValueTask sent)
    {
        try
        {
            await sent;
        }
        catch (Exception error) when (error is NatsException or ObjectDisposedException or OperationCanceledException)
        {
            Interlocked.Increment(ref dropped);
        }
    }
}
