namespace Scout.Nats.Connection;

/// <summary>What a line tells of its comings and goings; calls come from its loop, one after the other.</summary>
internal interface ILineObserver
{
    void OnOpened(Session session);

    void OnClosed(Session session, Exception reason);

    void OnAttemptFailed(Exception reason);

    void OnGivenUp(Exception reason);

    void OnLameDuck(Session session);
}
