using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Scout.Protocol.Security.Trust;
using Scout.Server.Logging;

namespace Scout.Server.Identity;

/// <summary>
/// Who a node is to its fleet: folder <c>identity/</c> of the data directory with <c>node.nk</c>, <c>node.creds</c>, <c>recover.creds</c>, <c>ca.pem</c>, <c>trust.json</c> and
/// <c>fleet.json</c>. Read once, then kept in memory; whatever changes is on disk before it counts.
/// </summary>
internal sealed partial class NodeIdentity : ITrustSource, IDisposable
{
    private readonly string folder;
    private readonly string node;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private NKeyPair? key;
    private volatile NodeCredentials? credentials;
    private volatile FleetPlace place = new();
    private bool trustUnsaved;

    private NodeIdentity(string folder, string node, ILogger log)
    {
        this.folder = folder;
        this.node = node;
        this.log = log;
    }

    /// <summary>Null: not enrolled, or what is there cannot be used (logged).</summary>
    public NodeCredentials? Credentials => IsNext ? next : credentials;

    public FleetPlace Place => place;

    /// <summary>Whom to believe.</summary>
    public TrustDocument? Current => place.Trust;

    /// <summary>Read again by the connection at each attempt.</summary>
    public string CredentialsFile => Path.Combine(folder, "node.creds");

    public string AuthoritiesFile => Path.Combine(folder, "ca.pem");

    private string KeyFile => Path.Combine(folder, "node.nk");

    private string RecoverFile => Path.Combine(folder, "recover.creds");

    private string TrustFile => Path.Combine(folder, "trust.json");

    private string PlaceFile => Path.Combine(folder, "fleet.json");

    /// <summary>Reads what is there. A damaged file is logged and counts as missing, so that the node can ask anew; nothing is deleted.</summary>
    /// <param name="data">The data directory, ours and locked.</param>
    /// <param name="node">Credentials of another name are not used.</param>
    /// <param name="log">Where findings go.</param>
    /// <exception cref="Life.LifeException">Exit code 3: the folder is not ours.</exception>
    public static NodeIdentity Open(string data, string node, ILogger log)
    {
        string path = Path.Combine(data, "identity");
        PrivateFiles.OpenFolder(path);
        var identity = new NodeIdentity(path, node, log);
        identity.Read();
        return identity;
    }

    /// <summary>The node's own key: made, and on disk, before anybody hears of it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public NKeyPair Key()
    {
        lock (gate)
        {
            if (IsNext) return nextKey!;
            if (key is not null) return key;
            return key = Make(KeyFile);
        }
    }

    /// <summary>Another key in the place of one that was revoked. Credentials of the old one are nobody's from then on.</summary>
    /// <exception cref="IOException">It cannot be written; the old one stays.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public NKeyPair NewKey()
    {
        lock (gate)
        {
            NKeyPair made = Make(KeyFile);
            ForgetNext();
            Retire(key);
            return key = made;
        }
    }

    /// <summary>Writes new credentials, the ones that log in last: whatever is cut off before that leaves the old ones in force.</summary>
    /// <exception cref="IOException">Something cannot be written; the old ones stay.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Take(NodeCredentials given, FleetPlace known)
    {
        NKeyPair own = Key();
        lock (gate)
        {
            // What is asked for with the next key, after its login was refused once, is asked for with the present one.
            if (IsNext) throw new IOException("the credentials of the next key are not in use yet");
            known = WriteKnown(known);
            if (given.RecoverJwt is { } recover) WriteCreds(RecoverFile, recover, own);
            WriteCreds(CredentialsFile, given.Jwt, own);
            place = known;
            credentials = given;
            trustUnsaved = false;
        }
    }

    private FleetPlace WriteKnown(FleetPlace known)
    {
        // Whatever was announced since the credentials were asked for is not lost to the older document that came with them.
        if (place.Trust is { } now && known.Trust is { } older && now.Fleet == older.Fleet && now.Serial > older.Serial) known = known with { Trust = now, TrustKey = now.Key };
        if (known.Trust is { } trust) PrivateFiles.Write(TrustFile, trust.ToBytes());
        if (known.Authorities is { } authorities) PrivateFiles.Write(AuthoritiesFile, Encoding.UTF8.GetBytes(authorities));
        WritePlace(known);
        return known;
    }

    /// <summary>
    /// A trust document that came by itself, and not with credentials: in force at once when the key that is trusted signed it and its serial is higher. It counts in memory even
    /// when the disk does not take it: somebody's revocation does not wait for room.
    /// </summary>
    /// <returns>Null when it is in force; else why not, with an empty text for one that is known already.</returns>
    public string? Believe(TrustDocument document)
    {
        lock (gate)
        {
            FleetPlace known = place;
            if (known.TrustKey is not { } pinned) return "no trust key is known to check it with";
            bool same = known.Trust is { } now && document.Serial == now.Serial;
            if (same && !trustUnsaved) return "";
            if (document.WhyRefused(pinned, known.Trust, NKeys.Verify) is { } why) return why;
            if (!same) place = known with { Trust = document, TrustKey = document.Key };
            trustUnsaved = true;
            try
            {
                PrivateFiles.Write(TrustFile, place.Trust!.ToBytes());
                if (document.Key != pinned) WritePlace(place);
                trustUnsaved = false;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                LogMessages.TrustNotSaved(log, document.Serial, error.Message);
            }

            return same ? "" : null;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            key?.Dispose();
            nextKey?.Dispose();
            foreach (NKeyPair one in retired) one.Dispose();
            login?.Dispose();
        }
    }

    private void WritePlace(FleetPlace known) =>
        PrivateFiles.Write(PlaceFile, new SavedPlace { TrustKey = known.TrustKey, Urls = known.Urls, ReconnectSpreadS = known.ReconnectSpread is { } spread ? (int)spread.TotalSeconds : null }.ToBytes());

    private static NKeyPair Make(string path)
    {
        NKeyPair made = NKeyPair.Create(NKeyType.User);
        byte[] seed = Encoding.ASCII.GetBytes(made.ExportSeed() + "\n");
        try
        {
            PrivateFiles.Write(path, seed);
        }
        catch
        {
            made.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }

        return made;
    }

    private static void WriteCreds(string path, string jwt, NKeyPair own)
    {
        byte[] text = Encoding.UTF8.GetBytes(NatsCreds.Format(jwt, own.ExportSeed()));
        try
        {
            PrivateFiles.Write(path, text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private void Read()
    {
        if (!File.Exists(KeyFile)) return;
        key = ReadKey(KeyFile);
        if (key is null) return;
        nextKey = File.Exists(NextKeyFile) ? ReadKey(NextKeyFile) : null;
        FinishPromotion();
        SavedPlace saved = ReadFile(PlaceFile) is { } json ? SavedPlace.Read(json) : new SavedPlace();
        place = new FleetPlace
        {
            Trust = ReadTrust(),
            TrustKey = saved.TrustKey,
            Authorities = ReadFile(AuthoritiesFile) is { } pem ? Encoding.UTF8.GetString(pem) : null,
            Urls = saved.Urls,
            ReconnectSpread = saved.ReconnectSpreadS is > 0 and <= 3600 and var seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        place = place with { TrustKey = place.Trust?.Key ?? place.TrustKey };
        credentials = ReadCredentials(CredentialsFile, RecoverFile, key);
        next = nextKey is null ? null : ReadCredentials(NextCredentialsFile, NextRecoverFile, nextKey);
    }

    private NKeyPair? ReadKey(string path)
    {
        if (ReadFile(path) is not { } seed) return null;
        bool good = NKeyPair.TryFromSeed(Encoding.ASCII.GetString(seed), out NKeyPair? read);
        CryptographicOperations.ZeroMemory(seed);
        if (good && read!.Type == NKeyType.User) return read;
        read?.Dispose();
        SetAside(path);
        return null;
    }

    private TrustDocument? ReadTrust()
    {
        if (ReadFile(TrustFile) is not { } json) return null;
        if (TrustDocument.TryRead(json, out TrustDocument? trust, out string? error) && (error = trust.WhyRefused(trust.Key, null, NKeys.Verify)) is null) return trust;
        LogMessages.IdentityFileBad(log, TrustFile, error);
        return null;
    }

    private NodeCredentials? ReadCredentials(string path, string recoverPath, NKeyPair own)
    {
        if (ReadJwt(path, own) is not { } claims) return null;
        if (claims.User.Name != node)
        {
            LogMessages.IdentityOfAnother(log, path, claims.User.Name, node);
            return null;
        }

        if (claims.User.Expires is not { } expires)
        {
            LogMessages.IdentityFileBad(log, path, "its JWT does not expire");
            return null;
        }

        (string Jwt, NatsUserClaims User)? recover = ReadJwt(recoverPath, own);
        return new NodeCredentials
        {
            Jwt = claims.Jwt,
            Issued = claims.User.IssuedAt,
            Expires = expires,
            Groups = CredentialsReading.Groups(claims.User),
            RecoverJwt = recover?.Jwt,
            RecoverExpires = recover?.User.Expires,
        };
    }

    private (string Jwt, NatsUserClaims User)? ReadJwt(string path, NKeyPair own)
    {
        if (ReadFile(path) is not { } text) return null;
        try
        {
            using NatsCreds creds = NatsCreds.Parse(text);
            if (creds.Claims.Subject == own.PublicKey) return (creds.Jwt, creds.Claims);
            LogMessages.IdentityFileBad(log, path, "it belongs to another key than the one beside it");
        }
        catch (NatsException error)
        {
            LogMessages.IdentityFileBad(log, path, error.Message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }

        return null;
    }

    private byte[]? ReadFile(string path)
    {
        try
        {
            if (!File.Exists(path)) return null;
            if (PrivateFiles.WhyUnsafe(path) is { } unsafeFile)
            {
                LogMessages.IdentityFileBad(log, path, unsafeFile);
                return null;
            }

            var file = new FileInfo(path);
            return file.Length <= 1 << 20 ? File.ReadAllBytes(path) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogMessages.IdentityFileBad(log, path, error.Message);
            return null;
        }
    }

    // A key that cannot be read is never overwritten: somebody may still mend it.
    private void SetAside(string path)
    {
        try
        {
            File.Move(path, path + ".bad", overwrite: true);
            LogMessages.IdentityFileBad(log, path, "it holds no seed of a user; it lies beside as .bad");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogMessages.IdentityFileBad(log, path, error.Message);
        }
    }
}
