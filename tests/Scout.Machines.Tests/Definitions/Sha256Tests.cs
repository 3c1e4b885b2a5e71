using System.Security.Cryptography;
using System.Text;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void The_examples_of_the_standard_come_out(string text, string digest) => Assert.Equal(digest, Convert.ToHexStringLower(Of(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Every_length_over_four_blocks_gives_what_the_class_library_gives()
    {
        var random = new Random(7);
        byte[] data = new byte[257];
        random.NextBytes(data);
        for (int length = 0; length <= data.Length; length++) Assert.Equal(SHA256.HashData(data.AsSpan(0, length)), Of(data.AsSpan(0, length)));
    }

    private static byte[] Of(ReadOnlySpan<byte> data)
    {
        byte[] digest = new byte[Sha256.Size];
        Sha256.Hash(data, digest);
        return digest;
    }
}
