using Microsoft.Extensions.Logging;
using Scout.Auditing;
using Scout.Broker.Secure;

namespace Scout.Broker.Provisioning;

/// <summary>The provisioner beside a secure nats-server: two logins, one for each account it works in.</summary>
internal sealed class ProvisioningPart : IBrokerPart
{
    public string Name => "provisioner";

    public async Task RunAsync(SecureContext context, CancellationToken stop)
    {
        await using NatsConnection fleet = await context.ConnectAsync("provisioner", stop);
        await using NatsConnection provision = await context.ConnectAsync("provisioner-enrol", stop);
        await using var audit = new AuditFile(context.Keys.Files.Audit, reason => Health(context.Log, reason));
        var authority = new FleetAuthority(context.Authority, context.Settings, context.Reload);
        using var record = new ProvisioningRecord(() => fleet, audit.Write, context.Log, context.Time);
        var policy = new EnrolmentPolicyFile(Path.Combine(context.Keys.Files.Root, EnrolmentPolicyFile.Name), context.Log);
        using var provisioner = new Provisioner(new ProvisionerParts
        {
            Book = await NatsTokenBook.OpenAsync(provision, context.Time, stop, context.Replicas),
            Authority = authority,
            Record = record,
            Time = context.Time,
            Policy = policy.Read,
        });
        await new ProvisioningService(provisioner, authority, record, context.Log, context.Time).RunAsync(fleet, provision, stop);
    }

    private static void Health(ILogger log, string? reason)
    {
        if (reason is not null) BrokerLog.AuditFailed(log, reason);
    }
}
