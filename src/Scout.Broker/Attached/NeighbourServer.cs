using System.Globalization;
using Scout.Broker.Supervision;

namespace Scout.Broker.Attached;

/// <summary>One life of a nats-server in the container beside ours, by its pid file. It is told by signals, and neither started nor stopped.</summary>
internal sealed class NeighbourServer : IRunningServer
{
    private readonly string started;
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NeighbourServer(int pid, string started)
    {
        Pid = pid;
        this.started = started;
    }

    public int Pid { get; }

    public Task Over => over.Task;

    /// <summary>Its log goes elsewhere.</summary>
    public string? ReloadError => null;

    /// <summary>The server whose pid the file has, judged by <c>/proc</c>: never by the number alone.</summary>
    /// <param name="pidFile">That nats-server writes.</param>
    /// <param name="why">Why there is none.</param>
    public static NeighbourServer? Find(string pidFile, out string why)
    {
        try
        {
            if (!File.Exists(pidFile))
            {
                why = $"nats-server has not written {pidFile} yet";
                return null;
            }

            if (!int.TryParse(File.ReadAllText(pidFile).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                why = $"{pidFile} holds no pid";
                return null;
            }

            if (Started(pid) is not { } started)
            {
                why = $"process {pid} of {pidFile} is not to be seen here: nats-server has ended, or the pod does not share its process namespace (shareProcessNamespace)";
                return null;
            }

            why = WhyNot(pid) ?? "";
            return why.Length == 0 ? new NeighbourServer(pid, started) : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            why = failure.Message;
            return null;
        }
    }

    public void ForgetReloadError()
    {
    }

    /// <inheritdoc/>
    public void Signal(int signal)
    {
        if (Look()) _ = Native.Kill(Pid, signal);
    }

    /// <summary>Whether it still is that process; when not, <see cref="Over"/> ends.</summary>
    public bool Look()
    {
        if (Started(Pid) == started) return true;
        over.TrySetResult();
        return false;
    }

    private static string? WhyNot(int pid)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        if (Native.OwnerOf(folder) is { } owner && owner != Native.GetEffectiveUserId()) return $"process {pid} belongs to another user (uid {owner}): both containers must run as one user";
        string name = Path.GetFileName(new FileInfo(folder + "/exe").LinkTarget ?? File.ReadAllText(folder + "/comm").Trim());
        return name.StartsWith("nats-server", StringComparison.Ordinal) ? null : $"process {pid} is {Protocol.Shown.Clip(name)}, and no nats-server";
    }

    /// <summary>Its start, as the kernel counts: two processes with one number differ in it. Null when it is gone.</summary>
    private static string? Started(int pid)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            string[] rest = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return rest[0] is "Z" or "X" ? null : rest[19];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
