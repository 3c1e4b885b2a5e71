using System.Text.Json;
using Microsoft.Extensions.Logging;
using Scout.Server.Logging;
using Scout.Server.Native;

namespace Scout.Server.Facts;

/// <summary>A JSON object in a file that is read anew when it changes; the last good version is kept (machines.md section 9). One reader at a time looks.</summary>
/// <param name="path">Absolute; empty: there is none.</param>
/// <param name="trust">Who may have written it: its values become words of commands.</param>
/// <param name="log">Category <c>machines</c>.</param>
internal sealed class JsonFile(string path, FileTrust trust, ILogger log)
{
    private const int MostBytes = 1 << 20;

    private FileStatus seen;
    private bool first = true;
    private string? said;
    private volatile Box? current;

    /// <summary>The object, or undefined when there never was one. Any thread.</summary>
    public JsonElement Value => current?.Element ?? default;

    /// <summary>Looks whether the file changed; true when there is a new value.</summary>
    public bool Look()
    {
        if (path.Length == 0) return false;
        int errno = FileStatus.Look(path, follow: true, out FileStatus status);
        if (errno != 0)
        {
            Say(Errno.Text(errno));
            return false;
        }

        if (!first && said is null && status == seen) return false;
        if (!first && said is not null && status == seen) return false;
        first = false;
        seen = status;
        try
        {
            if (trust.Judge(path, status) is { } refusal) throw new IOException($"{refusal.Message}; {refusal.Hint}");
            if (!status.IsRegular || status.Size > MostBytes) throw new IOException(status.IsRegular ? "it is over 1 MiB" : "it is not a regular file");
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("it must be one JSON object");
            current = new Box(document.RootElement.Clone());
            said = null;
            LogMessages.JsonFileRead(log, path);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            Say(error.Message);
            return false;
        }
    }

    private void Say(string problem)
    {
        if (said == problem) return;
        said = problem;
        LogMessages.JsonFileBad(log, path, problem);
    }

    private sealed record Box(JsonElement Element);
}
