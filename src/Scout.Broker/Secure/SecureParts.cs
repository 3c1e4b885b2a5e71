namespace Scout.Broker.Secure;

/// <summary>The services that run beside nats-server in secure mode.</summary>
internal static class SecureParts
{
    /// <summary>Made once for the life of the broker; each is run anew with each life of nats-server.</summary>
    public static IReadOnlyList<IBrokerPart> Make() => [new Provisioning.ProvisioningPart()];
}
