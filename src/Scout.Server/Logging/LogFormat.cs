namespace Scout.Server.Logging;

/// <summary>How a line looks.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>Text with the priority in front, for the systemd journal.</summary>
    Journal,

    /// <summary>One JSON object a line.</summary>
    Json,
}
