using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Broker.Files;
using Scout.Broker.Supervision;
using Scout.Protocol.Json;

namespace Scout.Broker.Accounts;

/// <summary>One login that was signed: a line of <c>issued.jsonl</c>.</summary>
/// <param name="Time">When.</param>
/// <param name="Role">Word of the role.</param>
/// <param name="Name">Of the node, the person, the token.</param>
/// <param name="Key">Public user key.</param>
/// <param name="Expires">End of the login.</param>
internal sealed record IssuedLogin(DateTimeOffset Time, string Role, string Name, string Key, DateTimeOffset Expires);

/// <summary>
/// Who holds which login, so that one can be taken back by name, and a revocation be forgotten when nothing is left to revoke. No secret is in it. Lines of logins
/// that have expired are left out when the file is written anew.
/// </summary>
/// <param name="path">Of the file.</param>
/// <param name="time">Wall clock.</param>
/// <param name="compactAfter">The file is written anew when it has grown by this many lines.</param>
internal sealed class IssuedBook(string path, TimeProvider time, int compactAfter = 4096)
{
    private readonly Lock gate = new();
    private int added;

    public void Add(IssuedLogin login)
    {
        lock (gate)
        {
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(login, IssuedJsonContext.Default.IssuedLogin), (byte)'\n'];
            // Another process may add at the same time: what it adds between our reading and our writing anew would be lost.
            using FileLock held = FileLock.Take(path + ".lock");
            if (!Native.Append(path, line)) throw new IOException($"{path} cannot be written: {Native.LastErrorText}");
            if (++added % compactAfter == 0) Compact();
        }
    }

    /// <summary>Logins that have not expired. Lines that cannot be read are left out.</summary>
    public IReadOnlyList<IssuedLogin> Living()
    {
        lock (gate) return ReadLiving();
    }

    private void Compact()
    {
        var text = new StringBuilder();
        foreach (IssuedLogin one in ReadLiving()) text.Append(JsonSerializer.Serialize(one, IssuedJsonContext.Default.IssuedLogin)).Append('\n');
        PrivateFile.Replace(path, text.ToString());
    }

    // Of the logins that one holder had with one key the one that lives longest stands for all: whoever renews every second does not make the book grow.
    private List<IssuedLogin> ReadLiving()
    {
        Dictionary<(string Role, string Name, string Key), IssuedLogin> living = [];
        if (!File.Exists(path)) return [];
        DateTimeOffset now = time.GetUtcNow();
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            try
            {
                if (JsonSerializer.Deserialize(line, IssuedJsonContext.Default.IssuedLogin) is not { Key: not null } one || one.Expires <= now) continue;
                if (!living.TryGetValue((one.Role, one.Name, one.Key), out IssuedLogin? known) || known.Expires <= one.Expires) living[(one.Role, one.Name, one.Key)] = one;
            }
            catch (JsonException)
            {
                // A line cut by a crash: the login it told of was not handed out.
            }
        }

        return [.. living.Values];
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 4, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(IssuedLogin))]
internal sealed partial class IssuedJsonContext : JsonSerializerContext;
