using System.Text.Json;
using Scout.Checks.Probes.Running;

namespace Scout.Checks.Probes.Http;

/// <summary>What an answer must be like.</summary>
public sealed record HttpExpectations
{
    public required IReadOnlyList<StatusRange> Status { get; init; }

    /// <summary>How bad a bad status is.</summary>
    public CheckStatus StatusAs { get; init; } = CheckStatus.Critical;

    /// <summary>Name and pattern of its value.</summary>
    public IReadOnlyList<KeyValuePair<string, ProbePattern>> Headers { get; init; } = [];

    public ProbePattern? Match { get; init; }

    public ProbePattern? NotMatch { get; init; }

    /// <summary>Pointer and value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Json { get; init; } = [];

    /// <summary>Bytes of the content.</summary>
    public int? MinSize { get; init; }

    /// <summary>Bytes of the content.</summary>
    public int? MaxSize { get; init; }

    /// <summary>Beyond it nothing is read, and the probe fails.</summary>
    public int MaxBody { get; init; } = 1024 * 1024;

    /// <summary>The content itself is asked for, not only its size.</summary>
    internal bool WantsText => Match is not null || NotMatch is not null || Json.Count > 0;

    /// <summary>All that is not as wanted, the first is the reason; null when nothing is.</summary>
    internal ProbeEnding? Judge(HttpAnswer answer)
    {
        var failed = new List<(ProbeReason Reason, string Text)>();
        if (!Status.Any(range => range.Has(answer.Status)))
            failed.Add((ProbeReason.Status, $"answered {answer.Status}{(answer.Phrase.Length > 0 ? " " + ProbeText.Shown(answer.Phrase).Trim('\'') : "")}, wanted {string.Join(", ", Status)}"));
        foreach ((string name, ProbePattern pattern) in Headers)
        {
            if (answer.Header(name) is not { } value) failed.Add((ProbeReason.Header, $"the header {name} is missing"));
            else if (!pattern.IsMatch(value)) failed.Add((ProbeReason.Header, $"the header {name} is {ProbeText.Shown(value)}, which does not match '{pattern}'"));
        }

        if (answer.Size > MaxBody) failed.Add((ProbeReason.Size, $"the content is over {MaxBody} bytes, the most that is read (max_body)"));
        else if (answer.Size < MinSize) failed.Add((ProbeReason.Size, $"the content has {answer.Size} bytes, wanted are at least {MinSize}"));
        if (answer.Size > MaxSize) failed.Add((ProbeReason.Size, $"the content has {(answer.Size > MaxBody ? "over " + MaxBody : answer.Size.ToString(System.Globalization.CultureInfo.InvariantCulture))} bytes, wanted are at most {MaxSize}"));
        if (answer.Size <= MaxBody) Content(answer, failed);
        if (failed.Count == 0) return null;
        return new ProbeEnding(failed[0].Reason, failed.Count == 1 ? failed[0].Text : $"{failed[0].Text}, and {failed.Count - 1} more")
        {
            Detail = failed.Count == 1 ? "" : string.Join('\n', failed.Select(one => one.Text)),
            Status = failed.TrueForAll(static one => one.Reason == ProbeReason.Status) ? StatusAs : CheckStatus.Critical,
        };
    }

    private void Content(HttpAnswer answer, List<(ProbeReason, string)> failed)
    {
        if (!WantsText) return;
        string text = answer.Text;
        if (Match?.IsMatch(text) == false) failed.Add((ProbeReason.Body, $"the content {ProbeText.Shown(text)} does not match '{Match}'"));
        if (NotMatch?.IsMatch(text) == true) failed.Add((ProbeReason.Body, $"the content matches '{NotMatch}'"));
        if (Json.Count == 0) return;
        try
        {
            using var document = JsonDocument.Parse(answer.Content);
            foreach ((string pointer, string wanted) in Json)
            {
                if (JsonPointer.Find(document.RootElement, pointer) is not { } value) failed.Add((ProbeReason.Body, $"the content has nothing at {pointer}"));
                else if (!JsonPointer.Is(value, wanted)) failed.Add((ProbeReason.Body, $"{pointer} is {JsonPointer.Shown(value)}, wanted {ProbeText.Shown(wanted)}"));
            }
        }
        catch (JsonException)
        {
            failed.Add((ProbeReason.Body, $"the content {ProbeText.Shown(text)} is no JSON"));
        }
    }
}
