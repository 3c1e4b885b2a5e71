using Scout.Broker.Accounts;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Supervision;

namespace Scout.Broker.Initialising;

/// <summary>Writes <c>nats-server.conf</c> from what lies in the directory.</summary>
/// <param name="directory">Store and folder of the pid.</param>
/// <param name="files">Accounts, certificate, and where the file goes.</param>
/// <param name="listen">Of the server.</param>
/// <param name="version">Words that it knows.</param>
/// <param name="judge">Tries a draft; null where there is no nats-server of ours: then the running one is the first to judge.</param>
/// <param name="shape">What depends on where it runs.</param>
internal sealed class SecureConfiguration(BrokerDirectory directory, BrokerFiles files, ListenAddress listen, NatsServerVersion version, NatsServerBinary? judge, ServerShape shape)
{
    /// <summary>For a server of our own, alone.</summary>
    public SecureConfiguration(BrokerDirectory directory, BrokerFiles files, ListenAddress listen, NatsServerBinary binary)
        : this(directory, files, listen, binary.Version, binary, new ServerShape())
    {
    }

    public BrokerFiles Files => files;

    /// <summary>The text, from accounts and certificate as they are now.</summary>
    /// <exception cref="BrokerKeyException">Something is missing.</exception>
    public string Text()
    {
        BrokerKeyring keys = BrokerKeyring.Open(files.Root);
        var parts = new SecureConfigParts(
            files.Served,
            files.ServedKey,
            AccountFile.Text(files.OperatorJwt),
            keys.Account(BrokerAccount.System).Subject,
            [.. BrokerAccounts.All.Select(account => KeyValuePair.Create(keys.Account(account).Subject, AccountFile.Text(files.AccountJwt(account))))]);
        return NatsServerConfig.Secure(directory, listen, parts, version, shape);
    }

    /// <summary>Draft, <c>nats-server -t</c>, rename. Null when in place; else what nats-server said of the draft, which is left there.</summary>
    /// <param name="time">For the patience with nats-server.</param>
    public async Task<string?> WriteAsync(TimeProvider time)
    {
        string text = Text();
        // Where nobody judges a draft, the time of the file says since when it has been like this.
        if (judge is null && File.Exists(files.Config) && await File.ReadAllTextAsync(files.Config) == text) return null;
        string draft = files.Config + ".new";
        PrivateFile.Replace(draft, text);
        if (judge is not null && await judge.WhyRefusedAsync(draft, time) is { } said) return said;
        File.Move(draft, files.Config, overwrite: true);
        Native.SyncFolder(files.Out);
        return null;
    }
}
