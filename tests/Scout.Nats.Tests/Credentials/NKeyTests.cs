namespace Scout.Nats.Tests.Credentials;

public sealed class NKeyTests
{
    // The example of the NATS documentation.
    private const string Seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    private const string PublicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    [Fact]
    public void The_documented_seed_gives_the_documented_key_and_signature()
    {
        using NKeyPair key = NKeyPair.FromSeed(Seed);
        Assert.Equal(NKeyType.User, key.Type);
        Assert.Equal(PublicKey, key.PublicKey);
        Assert.Equal(Seed, key.ExportSeed());
        byte[] signature = key.Sign("DhXdTMAeiHhLDig"u8);
        Assert.Equal("WosANJXgeyxerXFo0twRiMG+/ZjYp1K/46bFeFax705yFTCTjM18jWl01gGYk4KKbadiHd+hP3WgUQ2iLZUAAA==", Convert.ToBase64String(signature));
        Assert.True(NKeys.Verify(PublicKey, "DhXdTMAeiHhLDig"u8, signature));
    }

    [Theory]
    [InlineData(NKeyType.Operator, 'O')]
    [InlineData(NKeyType.Account, 'A')]
    [InlineData(NKeyType.User, 'U')]
    [InlineData(NKeyType.Server, 'N')]
    public void A_new_key_survives_its_text(NKeyType type, char letter)
    {
        using NKeyPair key = NKeyPair.Create(type);
        using NKeyPair again = NKeyPair.FromSeed(key.ExportSeed());
        Assert.Equal(letter, key.PublicKey[0]);
        Assert.Equal(letter, key.ExportSeed()[1]);
        Assert.Equal(key.PublicKey, again.PublicKey);
        Assert.Equal(type, again.Type);
        Assert.True(NKeys.IsPublicKey(key.PublicKey, type));
        Assert.True(NKeys.Verify(key.PublicKey, "x"u8, again.Sign("x"u8)));
    }

    [Fact]
    public void Every_single_changed_character_is_refused()
    {
        foreach (string text in new[] { Seed, PublicKey })
        {
            for (int at = 0; at < text.Length; at++)
            {
                foreach (char other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567a018=- ")
                {
                    if (other == text[at]) continue;
                    string changed = text[..at] + other + text[(at + 1)..];
                    // White space around a seed is no part of it; what is left is too short.
                    Assert.False(NKeyPair.TryFromSeed(changed, out _), changed);
                    Assert.False(NKeys.IsPublicKey(changed, NKeyType.User), changed);
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData(PublicKey)]
    [InlineData(Seed + "A")]
    [InlineData("sUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY")]
    public void What_is_not_a_seed_is_refused_without_being_repeated(string text)
    {
        NatsCredentialsException error = Assert.Throws<NatsCredentialsException>(() => NKeyPair.FromSeed(text));
        if (text.Length > 1) Assert.DoesNotContain(text, error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_seed_is_never_in_the_text_of_a_key_and_is_gone_after_its_end()
    {
        NKeyPair key = NKeyPair.FromSeed($"  {Seed}\r\n");
        Assert.Equal(PublicKey, $"{key}");
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign("x"u8));
        Assert.Throws<ObjectDisposedException>(() => key.ExportSeed());
    }

    [Fact]
    public void A_public_key_of_one_type_is_not_one_of_another()
    {
        Assert.False(NKeys.IsPublicKey(PublicKey, NKeyType.Account));
        Assert.False(NKeys.IsPublicKey(null, NKeyType.User));
        Assert.False(NKeys.IsPublicKey(Seed, NKeyType.User));
        Assert.False(NKeys.Verify(PublicKey, "x"u8, new byte[64]));
        Assert.False(NKeys.Verify("*", "x"u8, new byte[64]));
    }
}
