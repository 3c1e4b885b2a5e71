using System.Diagnostics.CodeAnalysis;
using System.Text;
using Scout.Broker.Supervision;

namespace Scout.Broker.Configuration;

/// <summary>The broker's data directory: ours, 0700, with what nats-server needs in it.</summary>
internal sealed record BrokerDirectory(string Root)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode ForeignWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public string Store { get; init; } = Path.Combine(Root, "jetstream");

    /// <summary>Where nats-server writes its pid and ports.</summary>
    public string Run { get; init; } = Path.Combine(Root, "run");

    public string Config => Path.Combine(Root, "nats-server.conf");

    public string Lock => Path.Combine(Store, ".scout.lock");

    public string VersionMark => Path.Combine(Store, ".scout-version");

    /// <summary>Makes what is missing; refuses what others may write (server.md section 3).</summary>
    public static bool TryOpen(string path, [NotNullWhen(true)] out BrokerDirectory? directory, [NotNullWhen(false)] out BrokerExit? error)
    {
        directory = null;
        string root = Path.GetFullPath(path);
        try
        {
            var info = new DirectoryInfo(root);
            if (info.Exists)
            {
                if (Native.OwnerOf(root) is { } owner && owner != Native.GetEffectiveUserId())
                {
                    error = BrokerExit.Refused($"--data: {root} belongs to another user (uid {owner})", "give a directory of your own with --data");
                    return false;
                }

                if ((info.UnixFileMode & ForeignWrite) != UnixFileMode.None)
                {
                    error = BrokerExit.Refused($"--data: {root} may be written by others", $"chmod go-w {root}");
                    return false;
                }

                if (info.UnixFileMode != Private) info.UnixFileMode = Private;
            }
            else
            {
                Directory.CreateDirectory(root, Private);
            }

            var made = new BrokerDirectory(root);
            Directory.CreateDirectory(made.Store, Private);
            Directory.CreateDirectory(made.Run, Private);
            string probe = Path.Combine(made.Run, ".probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            directory = made;
            error = null;
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error = BrokerExit.Refused($"--data: {root} cannot be used: {failure.Message}", "give a directory that you may write with --data");
            return false;
        }
    }
}
