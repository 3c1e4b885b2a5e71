using Scout.Broker.Accounts;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Supervision;

namespace Scout.Broker.Initialising;

/// <summary>Writes <c>nats-server.conf</c> from what lies in the directory.</summary>
internal static class SecureConfiguration
{
    /// <summary>The text, from accounts and certificate as they are now.</summary>
    /// <exception cref="BrokerKeyException">Something is missing.</exception>
    public static string Text(BrokerDirectory directory, BrokerFiles files, ListenAddress listen, NatsServerVersion version)
    {
        BrokerKeyring keys = BrokerKeyring.Open(files.Root);
        var parts = new SecureConfigParts(
            files.Server,
            files.ServerKey,
            AccountFile.Text(files.OperatorJwt),
            keys.Account(BrokerAccount.System).Subject,
            [.. BrokerAccounts.All.Select(account => KeyValuePair.Create(keys.Account(account).Subject, AccountFile.Text(files.AccountJwt(account))))]);
        return NatsServerConfig.Secure(directory, listen, parts, version);
    }

    /// <summary>Draft, <c>nats-server -t</c>, rename. Null when in place; else what nats-server said of the draft, which is left there.</summary>
    public static async Task<string?> WriteAsync(BrokerDirectory directory, BrokerFiles files, ListenAddress listen, NatsServerBinary binary, TimeProvider time)
    {
        string draft = files.Config + ".new";
        PrivateFile.Replace(draft, Text(directory, files, listen, binary.Version));
        if (await binary.WhyRefusedAsync(draft, time) is { } said) return said;
        File.Move(draft, files.Config, overwrite: true);
        Native.SyncFolder(files.Root);
        return null;
    }
}
