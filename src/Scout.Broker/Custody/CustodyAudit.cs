using Scout.Broker.Files;
using Scout.Broker.Supervision;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Audit;

namespace Scout.Broker.Custody;

/// <summary>
/// Writes down what was done with keys on the broker's machine: lines of <c>custody.jsonl</c>, in the form of the nodes' audit (security.md 9). No secret is in them. At
/// 10 MiB the file becomes <c>.1</c>.
/// </summary>
internal sealed class CustodyAudit(BrokerFiles files, TimeProvider time)
{
    private const long MaxBytes = 10 << 20;

    /// <param name="action">As in <c>node_revoke</c>.</param>
    /// <param name="subjects">Names, keys or roles.</param>
    /// <param name="code"><c>begun</c>, <c>ok</c>, <c>written</c> (not in force yet) or <c>failed</c>.</param>
    /// <param name="message">How it went.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string action, IReadOnlyList<string> subjects, string code, string? message)
    {
        var row = new AuditData
        {
            Caller = "local:" + Environment.UserName,
            Role = "custodian",
            Action = action,
            Request = "",
            Scope = "local",
            Decision = "allowed",
            Code = code,
            Message = message is null ? null : Shown.Clip(message, 400),
            Machines = [.. subjects.Take(32).Select(static one => Shown.Clip(one))],
        };
        if (File.Exists(files.CustodyAudit) && new FileInfo(files.CustodyAudit).Length > MaxBytes) File.Move(files.CustodyAudit, files.CustodyAudit + ".1", overwrite: true);
        if (!Native.Append(files.CustodyAudit, AuditLine.ToBytes(time.GetUtcNow(), "broker", row))) throw new IOException($"{files.CustodyAudit} cannot be written: {Native.LastErrorText}");
    }
}
