namespace Scout.Broker.Supervision;

/// <summary>One life of a nats-server that can be told to read its configuration again.</summary>
internal interface IRunningServer
{
    int Pid { get; }

    /// <summary>Ends with it.</summary>
    Task Over { get; }

    /// <summary>Why the server refused to read its configuration again, in its words; null while it has not, and where its log is not ours to read.</summary>
    string? ReloadError { get; }

    void ForgetReloadError();

    /// <summary>A signal, while it lives.</summary>
    void Signal(int signal);
}
