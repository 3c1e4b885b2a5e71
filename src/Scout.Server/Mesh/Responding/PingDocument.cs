using System.Text;
using System.Text.Json;

namespace Scout.Server.Mesh.Responding;

/// <summary><c>GET /mesh/ping</c>: request and answer, written once and read without allocation.</summary>
internal static class PingDocument
{
    public static ReadOnlySpan<byte> NotFound => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8;

    /// <summary>The whole answer of a node.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="incarnation">Start in Unix seconds.</param>
    /// <param name="leaving">It says goodbye.</param>
    /// <param name="pod">Empty: it is in none, and says nothing of it.</param>
    public static byte[] Answer(string node, uint incarnation, bool leaving, string pod = "")
    {
        string inside = pod.Length > 0 ? $",\"pod\":\"{JsonEncodedText.Encode(pod)}\"" : "";
        string body = $"{{\"node\":\"{JsonEncodedText.Encode(node)}\",\"incarnation\":{incarnation},\"leaving\":{(leaving ? "true" : "false")}{inside}}}";
        return Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");
    }

    /// <summary>The whole request.</summary>
    public static byte[] Request(string host) => Encoding.ASCII.GetBytes($"GET /mesh/ping HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

    /// <summary>Whether a request is whole, and whether it asks for the document.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> request, out bool isPing)
    {
        isPing = request.StartsWith("GET /mesh/ping HTTP/1."u8) || request.StartsWith("GET /mesh/ping?"u8);
        return request.IndexOf("\r\n\r\n"u8) >= 0;
    }

    /// <summary>Reads an answer as far as it came.</summary>
    /// <param name="ended">The peer has closed.</param>
    /// <returns>False when more must be read.</returns>
    public static bool TryRead(ReadOnlySpan<byte> answer, bool ended, ReadOnlySpan<char> expected, out PingAnswer read)
    {
        read = default;
        int head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return ended;
        ReadOnlySpan<byte> body = answer[(head + 4)..];
        int length = ContentLength(answer[..head]);
        if (length > 4096)
        {
            read = default;
            return true;
        }

        if (!ended && body.Length < length) return false;
        if (!answer.StartsWith("HTTP/1.1 200 "u8) && !answer.StartsWith("HTTP/1.0 200 "u8)) return true;
        read = ReadBody(length >= 0 && length < body.Length ? body[..length] : body, expected);
        return true;
    }

    private static PingAnswer ReadBody(ReadOnlySpan<byte> body, ReadOnlySpan<char> expected)
    {
        var read = new PingAnswer(IsDocument: false, IsExpected: false, Leaving: false, Incarnation: 0);
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return read;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("node"u8) && json.Read()) read = read with { IsDocument = true, IsExpected = json.TokenType == JsonTokenType.String && json.ValueTextEquals(expected) };
                else if (json.ValueTextEquals("incarnation"u8) && json.Read()) read = read with { Incarnation = json.TokenType == JsonTokenType.Number && json.TryGetUInt32(out uint number) ? number : 0 };
                else if (json.ValueTextEquals("leaving"u8) && json.Read()) read = read with { Leaving = json.TokenType == JsonTokenType.True };
                else json.Skip();
            }

            return json.TokenType == JsonTokenType.EndObject ? read : read with { IsDocument = false };
        }
        catch (JsonException)
        {
            return read with { IsDocument = false };
        }
    }

    /// <summary>-1 when it is not told.</summary>
    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        while (head.Length > 0)
        {
            int end = head.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> line = end < 0 ? head : head[..end];
            head = end < 0 ? default : head[(end + 2)..];
            int colon = line.IndexOf((byte)':');
            if (colon < 0 || !Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8)) continue;
            ReadOnlySpan<byte> text = line[(colon + 1)..].Trim((byte)' ');
            return System.Buffers.Text.Utf8Parser.TryParse(text, out int value, out int used) && used == text.Length && value >= 0 ? value : -1;
        }

        return -1;
    }
}

/// <param name="IsDocument">200 and a document of the mesh.</param>
/// <param name="IsExpected">It is the node that was meant.</param>
internal readonly record struct PingAnswer(bool IsDocument, bool IsExpected, bool Leaving, uint Incarnation);
