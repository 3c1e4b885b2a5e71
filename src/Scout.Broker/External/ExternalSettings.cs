using System.Text.Json.Serialization;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.External;

/// <summary>Whether Scout makes and mends streams at a broker that is not ours.</summary>
public enum ManageStreams
{
    /// <summary>Made, and mended where an update can.</summary>
    Yes,

    /// <summary>Compared; what is not as wanted is printed for the owner.</summary>
    Check,

    /// <summary>Not looked at; what is wanted is printed once.</summary>
    No,
}

/// <summary>A broker that is not ours: <c>external</c> in <c>broker.json</c> (security.md 14). Only rights of an account are assumed.</summary>
internal sealed record ExternalSettings
{
    /// <summary>The owner's creds file: of role broker, with <c>manage_streams: yes</c> of role admin. A login in <c>creds/</c> goes before it.</summary>
    public required string Creds { get; init; }

    /// <summary>PEM of what the cluster's certificates hang on; null: what the creds file holds, else the machine's authorities.</summary>
    public string? Ca { get; init; }

    /// <summary>Null: <c>_INBOX.KEY</c>, as the roles say.</summary>
    public string? InboxPrefix { get; init; }

    /// <summary>Null: the account's own JetStream.</summary>
    public string? JsDomain { get; init; }

    public ManageStreams ManageStreams { get; init; } = ManageStreams.Check;

    /// <summary>Copies of each stream.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Nodes enrol here: keys of their roles and logins of the provisioner are in the directory.</summary>
    public bool Enrolment { get; init; }

    /// <summary>Streams want an administrator where we make them, and no more than the role of a broker where we only look.</summary>
    [JsonIgnore]
    public string Login => RoleNames.Word(ManageStreams == ManageStreams.Yes ? ScoutRole.Admin : ScoutRole.Broker);
}
