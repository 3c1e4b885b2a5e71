using System.Text;
using Microsoft.Extensions.Logging;
using Scout.Broker.Supervision;

namespace Scout.Broker.Provisioning;

/// <summary>
/// <c>enrol-policy.yaml</c> of the broker's directory, read when it changed. A bad file leaves the last good one in force; bad from the start, nothing is let in without a
/// person. Without a file the default holds.
/// </summary>
internal sealed class EnrolmentPolicyFile(string path, ILogger log)
{
    public const string Name = "enrol-policy.yaml";

    private const int MaxBytes = 256 * 1024;
    private const UnixFileMode Foreign = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private static readonly EnrolmentPolicy Closed = new() { Rules = [new EnrolmentRule { Decision = EnrolmentDecision.Ask }], Recovery = EnrolmentDecision.Ask };

    private EnrolmentPolicy? current;
    private (DateTime Written, long Length, UnixFileMode Mode, uint? Owner) seen = (DateTime.MinValue, -1, default, null);

    /// <summary>What is in force now.</summary>
    public EnrolmentPolicy Read()
    {
        var file = new FileInfo(path);
        // With mode and owner: whoever mends those as the log told him to changes no time.
        (DateTime, long, UnixFileMode, uint?) now = file.Exists ? (file.LastWriteTimeUtc, file.Length, file.UnixFileMode, Native.OwnerOf(path)) : (DateTime.MinValue, 0, default, null);
        if (now == seen && current is not null) return current;
        seen = now;
        if (!file.Exists) return current = EnrolmentPolicy.Default;
        (EnrolmentPolicy? read, string? problem) = Load(file);
        if (read is null)
        {
            BrokerLog.EnrolmentPolicyBad(log, path, problem!, current is null ? "every node waits for a person" : "the last good one stays in force");
            return current ??= Closed;
        }

        BrokerLog.EnrolmentPolicyRead(log, path, read.Rules.Length);
        return current = read;
    }

    private (EnrolmentPolicy? Policy, string? Problem) Load(FileInfo file)
    {
        try
        {
            if (file.Length > MaxBytes) return (null, $"it is over {MaxBytes / 1024} KiB");
            if ((file.UnixFileMode & Foreign) != UnixFileMode.None) return (null, $"it may be written by others: chmod go-w {path}");
            if (Native.OwnerOf(path) is { } owner && owner != 0 && owner != Native.GetEffectiveUserId()) return (null, $"it belongs to another user (uid {owner})");
            return EnrolmentPolicyReader.TryRead(Encoding.UTF8.GetString(File.ReadAllBytes(path)), out EnrolmentPolicy? policy, out string? error) ? (policy, null) : (null, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (null, error.Message);
        }
    }
}
