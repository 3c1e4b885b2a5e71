namespace Scout.Kubernetes;

/// <summary>Why the API did not do what it was asked; each is handled in its own way by <see cref="Mirror{T}"/>.</summary>
public enum ApiFailure
{
    /// <summary>Token or CA file is missing or unusable.</summary>
    NotConfigured,

    /// <summary>No connection: name, route, refused, or not in time.</summary>
    Unreachable,

    /// <summary>The server's certificate is not of the cluster's CA, not for this address, or out of date.</summary>
    Untrusted,

    /// <summary>No headers, or no more of a list, in time.</summary>
    TimedOut,

    /// <summary>The connection broke, or ended inside a line or a list.</summary>
    Disconnected,

    /// <summary>A watch said nothing for too long.</summary>
    Silent,

    /// <summary>The answer is not the API's: a proxy's page, a redirect.</summary>
    NotTheApi,

    /// <summary>An answer of the API that is not what it should be.</summary>
    Unreadable,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>403; the message names the missing right.</summary>
    Forbidden,

    /// <summary>404: this server has no such group, version or kind.</summary>
    NotServed,

    /// <summary>400 or 422.</summary>
    BadRequest,

    /// <summary>410: the version or the continue token is older than the server's history.</summary>
    Expired,

    /// <summary>The version asked for is newer than the server's: its cache is behind, or it was restored.</summary>
    TooLarge,

    /// <summary>429 and 5xx: come back later.</summary>
    Busy,

    /// <summary>Any other answer.</summary>
    Refused,
}
