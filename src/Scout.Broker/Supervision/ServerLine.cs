using Microsoft.Extensions.Logging;

namespace Scout.Broker.Supervision;

/// <summary>A log line of nats-server: <c>[4711] 2026/11/21 00:42:51.261000 [INF] Server is ready</c>.</summary>
internal readonly record struct ServerLine(LogLevel Level, string Tag, string Text)
{
    /// <summary>Lines that are no log lines (a panic, say) are warnings: somebody should see them.</summary>
    public static ServerLine Parse(string line)
    {
        int open = line.StartsWith('[') ? line.IndexOf(" [", StringComparison.Ordinal) : -1;
        if (open < 0 || open + 5 >= line.Length || line[open + 5] != ']') return new ServerLine(LogLevel.Warning, "", line);
        string tag = line.Substring(open + 2, 3);
        string text = line[(open + 6)..].Trim();
        return tag switch
        {
            // What nats-server calls information is chatter to an operator of Scout.
            "INF" or "DBG" or "TRC" => new ServerLine(LogLevel.Debug, tag, text),
            "WRN" => new ServerLine(LogLevel.Warning, tag, text),
            "ERR" => new ServerLine(LogLevel.Error, tag, text),
            "FTL" => new ServerLine(LogLevel.Critical, tag, text),
            _ => new ServerLine(LogLevel.Warning, "", line),
        };
    }
}
