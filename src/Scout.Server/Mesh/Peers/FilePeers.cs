using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Logging;

namespace Scout.Server.Mesh.Peers;

/// <summary>Peers of a YAML file, looked at each 2 s. A file that is bad or missing changes nothing: the last good list stays, and says so once.</summary>
internal sealed class FilePeers(string path, TimeProvider time, ILogger log) : IPeerSource
{
    private const int MaxBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private ITimer? timer;
    private Action changed = static () => { };
    private (DateTime Written, long Length) seen;
    private string problem = "";
    private volatile bool ready;

    public string Kind => "file";

    public bool IsReady => ready;

    public ImmutableArray<PeerSeen> Peers { get; private set; } = [];

    public long? ConfirmedAt { get; private set; }

    public void Start(Action changed)
    {
        this.changed = changed;
        Read();
        timer = time.CreateTimer(_ => Read(), null, Look, Look);
    }

    public ValueTask DisposeAsync()
    {
        timer?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Read()
    {
        lock (gate)
        {
            string wrong = Try();
            if (wrong.Length > 0 && wrong != problem) LogMessages.PeersFileBad(log, wrong);
            problem = wrong;
        }
    }

    /// <summary>Empty when all is well.</summary>
    private string Try()
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return $"{path}: is not there";
            (DateTime, long) now = (file.LastWriteTimeUtc, file.Length);
            if (now == seen)
            {
                if (problem.Length == 0) ConfirmedAt = MeshClock.Now(time);
                return problem;
            }

            seen = now;
            if (file.Length > MaxBytes) return $"{path}: is over {MaxBytes} bytes";
            var findings = new List<SettingFinding>();
            SettingNode? root = ConfigurationFile.ReadAny(path, System.IO.Path.GetDirectoryName(path) ?? "/", File.ReadAllBytes(path), findings);
            ImmutableArray<PeerEntry> entries = root is null ? [] : PeerEntries.Read(root, findings);
            if (findings.Count > 0) return findings[0].ToString().ReplaceLineEndings(" ");
            Peers = StaticPeers.Of(entries);
            ConfirmedAt = MeshClock.Now(time);
            ready = true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{path}: {error.Message}";
        }

        LogMessages.PeersFileRead(log, path, Peers.Length);
        changed();
        return "";
    }
}
