using System.Text;
using System.Text.Json;

namespace Scout.Kubernetes;

/// <summary>
/// Reads one page of a list from a stream, item by item, so that only one item is in memory at a time. The reader stops where an item is not whole yet and goes on from
/// there with more bytes; an item above the bound is skipped byte by byte.
/// </summary>
internal sealed class ListPage<T>(ResourceKind<T> kind, int limit, List<T> items, List<ObjectKey> oversized) where T : KubernetesObject
{
    private Place place = Place.Start;
    private JsonReaderState state = new(JsonWalk.Options);
    private bool skipping;

    private enum Place
    {
        Start,
        Root,
        Items,
        Done,
    }

    public string ResourceVersion { get; private set; } = "";

    public string Continue { get; private set; } = "";

    public int Unreadable { get; private set; }

    /// <summary>Largest buffer, in bytes.</summary>
    public int PeakBuffer { get; private set; }

    /// <exception cref="KubernetesException">The answer is not a list, or ends early.</exception>
    public async Task ReadAsync(Stream stream, Func<CancellationToken> alive)
    {
        using var window = new ByteWindow(stream);
        bool first = true;
        while (place != Place.Done)
        {
            if (!await window.FillAsync(alive())) throw new KubernetesException(ApiFailure.Disconnected, "the list ended before its end");
            first = first && IsBlank(window.Data);

            Advance(window);
            PeakBuffer = Math.Max(PeakBuffer, window.Peak);
            while (skipping) await SkipAsync(window, alive);
        }
    }

    /// <summary>Whether the answer has not begun yet; what begins with anything but a brace is not an answer of the API.</summary>
    private static bool IsBlank(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> text = data.TrimStart(" \t\r\n"u8);
        if (!text.IsEmpty && text[0] != (byte)'{') throw NotJson(data);
        return text.IsEmpty;
    }

    private static KubernetesException NotJson(ReadOnlySpan<byte> data) =>
        new(ApiFailure.NotTheApi, $"the answer is not the Kubernetes API's: \"{Encoding.UTF8.GetString(data[..Math.Min(100, data.Length)]).ReplaceLineEndings(" ")}\"") { Code = 200 };

    private void Advance(ByteWindow window)
    {
        try
        {
            var json = new Utf8JsonReader(window.Data, isFinalBlock: false, state);
            long used = 0;
            JsonReaderState known = state;
            while (place != Place.Done)
            {
                if (!Step(ref json, window.Data)) break;
                used = json.BytesConsumed;
                known = json.CurrentState;
            }

            state = known;
            window.Consume((int)used);
            if (place != Place.Done && window.Count > limit)
            {
                if (place != Place.Items) throw new KubernetesException(ApiFailure.Unreadable, $"the list has a part of over {limit} bytes that is not an item");
                skipping = true;
            }
        }
        catch (JsonException error)
        {
            throw new KubernetesException(ApiFailure.Unreadable, $"the list is not JSON: {error.Message}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new KubernetesException(ApiFailure.Unreadable, $"the list has not the shape of a list: {error.Message}", error);
        }
    }

    /// <summary>One step; false when its bytes are not all there yet (the reader is then thrown away).</summary>
    private bool Step(ref Utf8JsonReader json, ReadOnlySpan<byte> data)
    {
        switch (place)
        {
            case Place.Start:
                if (!json.Read()) return false;
                if (json.TokenType != JsonTokenType.StartObject) throw new JsonException("a list begins with an object");
                place = Place.Root;
                return true;
            case Place.Root:
                return StepRoot(ref json, data);
            default:
                return StepItems(ref json, data);
        }
    }

    private bool StepRoot(ref Utf8JsonReader json, ReadOnlySpan<byte> data)
    {
        if (!json.Read()) return false;
        if (json.TokenType == JsonTokenType.EndObject)
        {
            place = Place.Done;
            return true;
        }

        bool isItems = json.ValueTextEquals("items"u8);
        bool isMetadata = json.ValueTextEquals("metadata"u8);
        if (!json.Read()) return false;
        if (isItems && json.TokenType == JsonTokenType.StartArray)
        {
            place = Place.Items;
            return true;
        }

        int start = (int)json.TokenStartIndex;
        if (!json.TrySkip()) return false;
        if (isMetadata) ReadMetadata(data[start..(int)json.BytesConsumed]);
        return true;
    }

    private bool StepItems(ref Utf8JsonReader json, ReadOnlySpan<byte> data)
    {
        if (!json.Read()) return false;
        if (json.TokenType == JsonTokenType.EndArray)
        {
            place = Place.Root;
            return true;
        }

        int start = (int)json.TokenStartIndex;
        if (!json.TrySkip()) return false;
        if (json.TokenType == JsonTokenType.Null) return true;
        ReadOnlySpan<byte> item = data[start..(int)json.BytesConsumed];
        if (item.Length > limit) oversized.Add(PartialObject.Key(item));
        else if (ItemReader.TryRead(kind, item, out T? read)) items.Add(read!);
        else Unreadable++;
        return true;
    }

    private void ReadMetadata(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8, JsonWalk.Options);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return;
        while (JsonWalk.Next(ref json))
        {
            if (json.ValueTextEquals("resourceVersion"u8)) ResourceVersion = JsonWalk.Text(ref json);
            else if (json.ValueTextEquals("continue"u8)) Continue = JsonWalk.Text(ref json);
            else json.Skip();
        }
    }

    /// <summary>Drops the item at the window's start, however long it is. What is put in its place is <c>null</c>, which the reader passes over.</summary>
    private async Task SkipAsync(ByteWindow window, Func<CancellationToken> alive)
    {
        oversized.Add(PartialObject.Key(AfterComma(window.Data, out bool comma)));
        var skipper = new ValueSkipper();
        window.Consume(window.Count - AfterComma(window.Data, out _).Length);
        while (true)
        {
            int ended = skipper.Scan(window.Data);
            if (ended >= 0)
            {
                window.Consume(ended);
                break;
            }

            window.Consume(window.Count);
            if (!await window.FillAsync(alive())) throw new KubernetesException(ApiFailure.Disconnected, "the list ended inside an item");
        }

        window.PutBack(comma ? ",null"u8 : "null"u8);
        skipping = false;
        Advance(window);
    }

    private static ReadOnlySpan<byte> AfterComma(ReadOnlySpan<byte> data, out bool comma)
    {
        data = data.TrimStart(" \t\r\n"u8);
        comma = !data.IsEmpty && data[0] == (byte)',';
        return comma ? data[1..].TrimStart(" \t\r\n"u8) : data;
    }
}
