using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Credentials;

/// <summary>What <c>scout creds new</c> is told.</summary>
public sealed record CredsOptions
{
    /// <summary>Directory of the broker: the private key of the role must lie in it.</summary>
    public string Root { get; init; } = BrokerOptions.DefaultData;

    public required ScoutRole Role { get; init; }

    public required string Name { get; init; }

    /// <summary>Null: as long as the role may.</summary>
    public TimeSpan? Life { get; init; }

    /// <summary>Public key that was made elsewhere: the file then holds no seed. Null: a key is made here.</summary>
    public string? Key { get; init; }

    /// <summary>Of a node.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Where to write; never over anything.</summary>
    public required string File { get; init; }
}

/// <summary>A creds file, told without its secret.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">Of its holder.</param>
/// <param name="Key">Public key.</param>
/// <param name="Groups">Of a node.</param>
/// <param name="Expires">Null: never.</param>
/// <param name="HasSeed">False: the holder must still join it with the seed.</param>
/// <param name="Urls">Where it leads; empty when the file does not say.</param>
public sealed record CredsFile(string Path, string Name, string Key, IReadOnlyList<string> Groups, DateTimeOffset? Expires, bool HasSeed, string Urls)
{
    /// <summary>As the file says; empty when it does not. What counts is the key that signed.</summary>
    public string Role { get; init; } = "";
}
