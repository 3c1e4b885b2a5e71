using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Attached;

/// <summary>
/// Takes over what a mounted Secret holds. Private keys stay where they are mounted: the directory's <c>keys</c> is a link to it, so that no volume has them. Which keys sign for a
/// role, the Secret says; what was revoked here or there stays revoked.
/// </summary>
internal sealed class MountedSecret(BrokerFiles files, string secret, TimeProvider time)
{
    /// <summary>Looks at all of it. Call under the change lock. True when something changed.</summary>
    /// <param name="external">Somebody else makes the server's certificate: its authority is not the Secret's.</param>
    /// <param name="shape">Puts what the cluster knows better over the settings.</param>
    /// <exception cref="BrokerKeyException">It is not the Secret of this broker, or damaged.</exception>
    public bool Adopt(bool external, Func<BrokerSettings, BrokerSettings> shape)
    {
        if (!File.Exists(At("operator.jwt"))) throw new BrokerKeyException($"{secret} is no Secret of 'scout broker secret': there is no operator.jwt in it", "make it with 'scout broker secret DIR | kubectl apply -f -'");
        foreach (string folder in (string[])[files.JwtFolder, files.TlsFolder, files.CredsFolder, files.RunFolder]) Directory.CreateDirectory(folder, PrivateFile.Folder);
        // First of all: nothing of another fleet gets into this directory.
        bool changed = Operator();
        changed |= Link(files.KeyFolder, secret);
        if (File.Exists(At(SecretFiles.AuthorityKey))) changed |= Link(files.AuthorityKey, At(SecretFiles.AuthorityKey));
        foreach (BrokerAccount account in BrokerAccounts.All) changed |= Account(account);
        changed |= new TrustMerge(files, time).Take(Read(SecretFiles.Trust));
        if (!external) changed |= Copy(SecretFiles.Authority, files.Authority, PrivateFile.Public);
        if (!BrokerSettings.TryRead(At(SecretFiles.Settings), out BrokerSettings? settings, out string? error)) throw new BrokerKeyException(error);
        settings = shape(settings);
        if (settings.WhyBad() is { } why) throw new BrokerKeyException($"--host, --listen: {why}");
        if (BrokerSettings.TryRead(files.Settings, out BrokerSettings? there, out _) && there.Listen == settings.Listen && there.Hosts.SequenceEqual(settings.Hosts) && there.Addresses.SequenceEqual(settings.Addresses)) return changed;
        settings.Write(files);
        return true;
    }

    private string At(string name) => Path.Combine(secret, name);

    private string Read(string name)
    {
        try
        {
            return File.ReadAllText(At(name)).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BrokerKeyException($"{At(name)} cannot be read: {failure.Message}", "the Secret of 'scout broker secret' has it; is its group (fsGroup) one of ours?", failure);
        }
    }

    private static bool Link(string path, string target)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (info.LinkTarget == target) return false;
        if (info.LinkTarget is null && info.Exists) throw new BrokerKeyException($"{path} is there already, and a Secret is given", "give no --secret for a directory that 'scout broker init' made, or an empty one");
        if (info.LinkTarget is not null) File.Delete(path);
        File.CreateSymbolicLink(path, target);
        return true;
    }

    private bool Operator()
    {
        string text = Read("operator.jwt");
        string key = Claims<NatsOperatorClaims>(text, "operator.jwt").Subject;
        if (!File.Exists(files.OperatorJwt))
        {
            AccountFile.Write(files.OperatorJwt, text);
            return true;
        }

        // It is written once; a re-signed one would make every reload fail.
        string there = AccountFile.Read<NatsOperatorClaims>(files.OperatorJwt).Subject;
        return there == key ? false : throw new BrokerKeyException($"{files.Root} is of another fleet (operator {there}) than the Secret (operator {key})", "give the Secret of this fleet, or an empty volume");
    }

    private bool Account(BrokerAccount account)
    {
        string name = account.Word() + ".jwt";
        return new AccountMerge(files, time).Take(account, Read(name), keysOfTheirs: true);
    }

    private T Claims<T>(string text, string name)
        where T : NatsJwtClaims => NatsJwt.TryRead(text, out T? claims, out string why) ? claims : throw new BrokerKeyException($"{At(name)} cannot be used: {why}", "make the Secret anew");

    private bool Copy(string name, string to, UnixFileMode mode)
    {
        string text = Read(name) + "\n";
        if (File.Exists(to) && File.ReadAllText(to) == text) return false;
        PrivateFile.Replace(to, text, mode);
        return true;
    }
}
