using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Scout.Nats.Connection;

namespace Scout.Nats;

/// <summary>
/// A key that can sign. The seed never appears in <see cref="ToString"/>, in an exception or in a log; its memory is not moved by the collector and is
/// zeroed by <see cref="Dispose"/>. May be used from any thread, but not after that.
/// </summary>
public sealed class NKeyPair : IDisposable
{
    private const byte SeedPrefix = 18 << 3;

    private readonly byte[] seed = GC.AllocateUninitializedArray<byte>(Ed25519.SeedSize, pinned: true);
    private readonly OpenSslEd25519.KeyHandle handle;
    private int disposed;

    private NKeyPair(NKeyType type, ReadOnlySpan<byte> seed)
    {
        seed.CopyTo(this.seed);
        Type = type;
        Span<byte> key = stackalloc byte[Ed25519.PublicKeySize];
        handle = OpenSslEd25519.Open(this.seed);
        OpenSslEd25519.GetPublicKey(handle, key);
        PublicKey = NKeys.EncodePublicKey(type, key);
    }

    public NKeyType Type { get; }

    /// <summary>56 characters.</summary>
    public string PublicKey { get; }

    /// <summary>Makes a new key from the system's randomness.</summary>
    public static NKeyPair Create(NKeyType type)
    {
        Span<byte> random = stackalloc byte[Ed25519.SeedSize];
        Entropy.Fill(random);
        var pair = new NKeyPair(type, random);
        CryptographicOperations.ZeroMemory(random);
        return pair;
    }

    /// <summary>Reads a seed of 58 characters, such as <c>SUA…</c>; white space around it is ignored.</summary>
    /// <exception cref="NatsCredentialsException">It is not one. The text is not in the message.</exception>
    public static NKeyPair FromSeed(ReadOnlySpan<char> text) =>
        TryFromSeed(text, out NKeyPair? pair) ? pair : throw new NatsCredentialsException("That is not an NKey seed (58 characters that begin with S).");

    /// <summary>Reads a seed. False when alphabet, length, checksum or prefix are wrong.</summary>
    public static bool TryFromSeed(ReadOnlySpan<char> text, [NotNullWhen(true)] out NKeyPair? pair)
    {
        pair = null;
        Span<byte> raw = stackalloc byte[NKeyText.SeedSize];
        try
        {
            text = text.Trim();
            if (text.Length != NKeyText.SeedLength || !NKeyText.TryDecode(text, raw)) return false;
            byte prefix = (byte)((raw[0] & 7) << 5 | raw[1] >> 3);
            if ((raw[0] & 0xF8) != SeedPrefix || (raw[1] & 7) != 0 || !NKeyText.IsType(prefix)) return false;
            pair = new NKeyPair((NKeyType)prefix, raw.Slice(2, Ed25519.SeedSize));
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    /// <summary>The seed as text, to be written into a file that only its owner can read.</summary>
    public string ExportSeed()
    {
        ThrowIfDisposed();
        Span<byte> raw = stackalloc byte[NKeyText.SeedSize];
        raw[0] = (byte)(SeedPrefix | (int)Type >> 5);
        raw[1] = (byte)(((int)Type & 31) << 3);
        seed.CopyTo(raw[2..]);
        string text = NKeyText.Encode(raw);
        CryptographicOperations.ZeroMemory(raw);
        return text;
    }

    /// <summary>Signs; 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        byte[] signature = new byte[Ed25519.SignatureSize];
        Sign(message, signature);
        return signature;
    }

    /// <summary>Signs into 64 bytes of the caller.</summary>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        ThrowIfDisposed();
        OpenSslEd25519.Sign(handle, message, signature);
    }

    /// <summary>Zeroes the seed, here and in OpenSSL.</summary>
    public void Dispose()
    {
        Interlocked.Exchange(ref disposed, 1);
        CryptographicOperations.ZeroMemory(seed);
        handle.Dispose();
    }

    /// <summary>The public key.</summary>
    public override string ToString() => PublicKey;

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
}
