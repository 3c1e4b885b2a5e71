namespace Scout.Testing;

/// <summary>How a <see cref="NatsServerProcess"/> is to run.</summary>
public sealed record NatsServerSettings
{
    /// <summary>The executable; null takes the first of <see cref="NatsServerProcess.Executables"/>.</summary>
    public string? Executable { get; init; }

    /// <summary>TCP port on 127.0.0.1; 0 lets the server choose a free one, which it keeps over restarts.</summary>
    public int Port { get; init; }

    /// <summary>Turns JetStream on, with a file store in a folder of its own.</summary>
    public bool JetStream { get; init; } = true;

    /// <summary>A token clients must present, or null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Further lines for the server's configuration file, such as <c>max_payload: 64KB</c>.</summary>
    public string ExtraConfig { get; init; } = "";
}
