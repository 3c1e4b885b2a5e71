namespace Scout.Protocol.Security.Trust;

/// <summary>Whom this node, or this service, believes now.</summary>
public interface ITrustSource
{
    /// <summary>The last document that was accepted; null before the first: then nobody is believed. Any thread.</summary>
    TrustDocument? Current { get; }
}
