using System.Runtime.InteropServices;

namespace Scout.Nats;

/// <summary>Ed25519 of OpenSSL 3. The library is loaded with the first call: a node without credentials never has it in memory.</summary>
internal sealed partial class OpenSslEd25519 : IEd25519
{
    // NID_ED25519, the type OpenSSL knows these keys by.
    private const int TypeEd25519 = 1087;
    private const string Library = "libcrypto.so.3";

    public void GetPublicKey(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        using KeyHandle key = Open(seed);
        GetPublicKey(key, publicKey);
    }

    public void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        using KeyHandle key = Open(seed);
        Sign(key, message, signature);
    }

    /// <summary>A key to sign with many times: making it from its seed costs half as much as a signature.</summary>
    public static KeyHandle Open(ReadOnlySpan<byte> seed)
    {
        ThrowUnless(seed.Length, Ed25519.SeedSize, nameof(seed));
        try
        {
            KeyHandle key = EVP_PKEY_new_raw_private_key(TypeEd25519, 0, seed, Ed25519.SeedSize);
            Check(!key.IsInvalid, "EVP_PKEY_new_raw_private_key");
            return key;
        }
        catch (DllNotFoundException missing)
        {
            throw Missing(missing);
        }
    }

    public static void GetPublicKey(KeyHandle key, Span<byte> publicKey)
    {
        ThrowUnless(publicKey.Length, Ed25519.PublicKeySize, nameof(publicKey));
        nuint length = Ed25519.PublicKeySize;
        Check(EVP_PKEY_get_raw_public_key(key, publicKey, ref length) == 1 && length == Ed25519.PublicKeySize, "EVP_PKEY_get_raw_public_key");
    }

    public static void Sign(KeyHandle key, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        ThrowUnless(signature.Length, Ed25519.SignatureSize, nameof(signature));
        using DigestHandle digest = Digest();
        Check(EVP_DigestSignInit(digest, 0, 0, 0, key) == 1, "EVP_DigestSignInit");
        nuint length = Ed25519.SignatureSize;
        Check(EVP_DigestSign(digest, signature, ref length, message, (nuint)message.Length) == 1 && length == Ed25519.SignatureSize, "EVP_DigestSign");
    }

    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != Ed25519.PublicKeySize || signature.Length != Ed25519.SignatureSize) return false;
        try
        {
            using KeyHandle key = EVP_PKEY_new_raw_public_key(TypeEd25519, 0, publicKey, Ed25519.PublicKeySize);
            Check(!key.IsInvalid, "EVP_PKEY_new_raw_public_key");
            using DigestHandle digest = Digest();
            Check(EVP_DigestVerifyInit(digest, 0, 0, 0, key) == 1, "EVP_DigestVerifyInit");
            bool fits = EVP_DigestVerify(digest, signature, Ed25519.SignatureSize, message, (nuint)message.Length) == 1;
            // A signature that does not fit leaves entries in this thread's error queue, which TLS would find there later.
            if (!fits) ERR_clear_error();
            return fits;
        }
        catch (DllNotFoundException missing)
        {
            throw Missing(missing);
        }
    }

    private static DigestHandle Digest()
    {
        DigestHandle digest = EVP_MD_CTX_new();
        Check(!digest.IsInvalid, "EVP_MD_CTX_new");
        return digest;
    }

    private static void ThrowUnless(int length, int expected, string parameter)
    {
        if (length != expected) throw new ArgumentException($"{length} bytes instead of {expected}.", parameter);
    }

    private static void Check(bool condition, string call)
    {
        if (condition) return;
        ulong error = ERR_get_error();
        ERR_clear_error();
        throw new NatsCredentialsException($"OpenSSL's {call} failed (error 0x{error:x8}).");
    }

    private static NatsCredentialsException Missing(DllNotFoundException inner) => new(
        $"Credentials need OpenSSL 3, and {Library} cannot be loaded. Install it (Debian and Ubuntu: libssl3, Alpine: libcrypto3).", inner);

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_private_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_public_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_get_raw_public_key(KeyHandle key, Span<byte> publicKey, ref nuint length);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial DigestHandle EVP_MD_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_MD_CTX_free(nint digest);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSignInit(DigestHandle digest, nint keyContext, nint type, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSign(DigestHandle digest, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerifyInit(DigestHandle digest, nint keyContext, nint type, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerify(
        DigestHandle digest, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    [LibraryImport(Library)]
    private static partial ulong ERR_get_error();

    [LibraryImport(Library)]
    private static partial void ERR_clear_error();

    /// <summary>An EVP_PKEY.</summary>
    internal sealed class KeyHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }

    /// <summary>An EVP_MD_CTX.</summary>
    internal sealed class DigestHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            EVP_MD_CTX_free(handle);
            return true;
        }
    }
}
