using Microsoft.Extensions.Logging;
using Scout.Server.Logging;

namespace Scout.Server.Identity;

/// <summary>
/// The next key of a node (security.md 11): it lies beside the present one, with its credentials, until the broker has let it in once; only then it takes the other's place. Whatever
/// is cut off, and wherever: <c>node.creds</c> is of <c>node.nk</c>, or of <c>node.nk.next</c> and the rest of the change is made up for at the next start.
/// </summary>
internal sealed partial class NodeIdentity
{
    private const string Next = ".next";

    private readonly List<NKeyPair> retired = [];
    private NKeyPair? nextKey;
    private volatile NodeCredentials? next;
    private volatile bool nextRefused;
    private volatile bool nextShown;
    private NatsCreds? login;

    /// <summary>There are credentials of the next key, and the broker has not refused them.</summary>
    public bool IsNext => next is not null && !nextRefused;

    private string NextKeyFile => KeyFile + Next;

    private string NextCredentialsFile => CredentialsFile + Next;

    private string NextRecoverFile => RecoverFile + Next;

    /// <summary>The key to ask for at a renewal: made, and on disk, before anybody hears of it; the same for every try.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public NKeyPair NextKey()
    {
        lock (gate) return nextKey ??= Make(NextKeyFile);
    }

    /// <summary>Whether this is the present key, and not the next.</summary>
    public bool IsOwn(NKeyPair asked)
    {
        lock (gate) return nextKey is null || asked.PublicKey != nextKey.PublicKey;
    }

    /// <summary>Writes credentials of the next key beside the present ones, which stay as they are.</summary>
    /// <exception cref="IOException">Something cannot be written; nothing is changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void TakeNext(NodeCredentials given, FleetPlace known)
    {
        NKeyPair own = NextKey();
        lock (gate)
        {
            known = WriteKnown(known);
            if (given.RecoverJwt is { } recover) WriteCreds(NextRecoverFile, recover, own);
            WriteCreds(NextCredentialsFile, given.Jwt, own);
            place = known;
            trustUnsaved = false;
            next = given;
            nextRefused = false;
        }
    }

    /// <summary>Credentials for one attempt to connect: of the next key when there are any, else the present ones. What was given before is disposed of.</summary>
    /// <exception cref="NatsCredentialsException">There are none that can be used.</exception>
    public NatsCreds Login(DateTimeOffset now)
    {
        lock (gate)
        {
            nextShown = IsNext;
            NatsCreds read = NatsCreds.Read(nextShown ? NextCredentialsFile : CredentialsFile, now);
            login?.Dispose();
            return login = read;
        }
    }

    /// <summary>The broker has let us in: was it with the next key, that takes the place of the present one. True when it did.</summary>
    public bool LetIn()
    {
        lock (gate)
        {
            if (!IsNext || !nextShown) return false;
            try
            {
                PrivateFiles.Move(NextCredentialsFile, CredentialsFile);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Both are good; the change is made at the next login.
                LogMessages.IdentityFileBad(log, NextCredentialsFile, error.Message);
                return false;
            }

            string old = key!.PublicKey;
            credentials = next;
            next = null;
            Retire(key);
            key = nextKey;
            nextKey = null;
            FinishMoves();
            LogMessages.KeyRenewed(log, key!.PublicKey, old);
            return true;
        }
    }

    /// <summary>The broker does not let us in. True when that was with the next key: the present one goes on, and is asked with again.</summary>
    public bool RefuseNext()
    {
        lock (gate)
        {
            if (!IsNext || !nextShown) return false;
            nextRefused = true;
            LogMessages.NextKeyRefused(log, nextKey!.PublicKey);
            return true;
        }
    }

    // The change began: node.creds is of the next key already.
    private void FinishPromotion()
    {
        if (nextKey is null || !File.Exists(CredentialsFile) || ReadFile(CredentialsFile) is not { } text) return;
        try
        {
            using NatsCreds creds = NatsCreds.Parse(text);
            if (creds.Claims.Subject != nextKey.PublicKey) return;
        }
        catch (NatsException)
        {
            return;
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(text);
        }

        key!.Dispose();
        key = nextKey;
        nextKey = null;
        FinishMoves();
    }

    // The key last: as long as it lies beside, the next start knows that something is to be made up for.
    private void FinishMoves()
    {
        try
        {
            if (File.Exists(NextRecoverFile)) PrivateFiles.Move(NextRecoverFile, RecoverFile);
            PrivateFiles.Move(NextKeyFile, KeyFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogMessages.IdentityFileBad(log, NextKeyFile, error.Message);
        }
    }

    private void ForgetNext()
    {
        foreach (string path in (string[])[NextCredentialsFile, NextRecoverFile, NextKeyFile])
        {
            PrivateFiles.Remove(path);
        }

        Retire(nextKey);
        nextKey = null;
        next = null;
    }

    // Somebody may be signing with it.
    private void Retire(NKeyPair? old)
    {
        if (old is not null) retired.Add(old);
    }
}
