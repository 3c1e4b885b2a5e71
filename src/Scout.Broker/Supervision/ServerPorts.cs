using System.Globalization;
using System.Text.Json;

namespace Scout.Broker.Supervision;

/// <summary>Where a server listens, by the ports file that it writes when it is up.</summary>
internal sealed record ServerPorts(Uri Client, Uri Monitoring)
{
    /// <summary>Null while the file is missing or half-written.</summary>
    public static ServerPorts? Read(string folder, int pid)
    {
        try
        {
            // The name begins with that of the executable, whatever it is called.
            string? path = Directory.EnumerateFiles(folder, string.Create(CultureInfo.InvariantCulture, $"*_{pid}.ports")).FirstOrDefault();
            if (path is null) return null;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            // A server on every address lists them all: the one of this machine alone comes first for us.
            Uri[] clients = [.. document.RootElement.GetProperty("nats").EnumerateArray().Select(static one => new Uri(one.GetString()!)).OrderByDescending(static one => one.IsLoopback)];
            return new ServerPorts(
                clients[0], new Uri(document.RootElement.GetProperty("monitoring")[0].GetString()!));
        }
        catch (Exception failure) when (failure is IOException or JsonException or KeyNotFoundException or IndexOutOfRangeException or UriFormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Takes away what earlier servers left: they are judged by nobody, a new server writes a new one.</summary>
    public static void Clear(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*.ports")) File.Delete(path);
    }
}
