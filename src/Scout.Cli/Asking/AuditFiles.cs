using System.Globalization;
using Scout.Cli.Errors;
using Scout.Protocol.Security.Audit;

namespace Scout.Cli.Asking;

/// <summary>Reads <c>audit.jsonl</c> and the files it became (<c>.1</c>, <c>.2</c> ...), oldest first.</summary>
internal static class AuditFiles
{
    private const int MostFiles = 100;

    /// <summary>The rows; lines that cannot be read are counted.</summary>
    /// <param name="path">The present file, or a folder with one.</param>
    /// <param name="unread">How many lines were no rows.</param>
    /// <exception cref="CliException">There is no such file, or it cannot be read.</exception>
    public static IReadOnlyList<AuditRecord> Read(string path, out int unread)
    {
        if (Directory.Exists(path)) path = Path.Combine(path, "audit.jsonl");
        var rows = new List<AuditRecord>();
        unread = 0;
        string[] older = [.. Enumerable.Range(1, MostFiles).Select(number => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}")).TakeWhile(File.Exists)];
        try
        {
            foreach (string file in Enumerable.Reverse(older).Append(path))
            {
                foreach (string line in File.ReadLines(file))
                {
                    if (AuditLine.TryRead(System.Text.Encoding.UTF8.GetBytes(line), out AuditRecord? row)) rows.Add(row);
                    else if (line.Length > 0) unread++;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"--file: {failure.Message}", "the node keeps it in its data directory: /var/lib/scout/audit.jsonl");
        }

        return rows;
    }
}
