using Scout.Broker.Files;

namespace Scout.Broker.Supervision;

/// <summary><c>.scout-version</c> in the store: which server wrote there last. An older one cannot open it any more (2.9 after 2.10).</summary>
internal static class VersionMark
{
    /// <summary>Null when this server may open the store; else the newer version that was there.</summary>
    public static NatsServerVersion? WhyTooOld(string path, NatsServerVersion version)
    {
        if (!File.Exists(path) || !NatsServerVersion.TryParse(File.ReadAllText(path), out NatsServerVersion last)) return null;
        return version.IsAtLeast(last.Major, last.Minor) ? null : last;
    }

    public static void Write(string path, NatsServerVersion version) => PrivateFile.Replace(path, version + "\n");
}
