using Scout.Testing;

namespace Scout.Nats.Tests.Credentials;

public sealed class NatsCredsTests : IDisposable
{
    private const string Pem = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";

    private static readonly DateTimeOffset Now = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

    private readonly TempFolder folder = new();
    private readonly NKeyPair account = NKeyPair.Create(NKeyType.Account);
    private readonly NKeyPair user = NKeyPair.Create(NKeyType.User);

    public void Dispose()
    {
        account.Dispose();
        user.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        using NatsCreds creds = NatsCreds.Parse(NatsCreds.Format(Jwt(), user.ExportSeed(), Pem, "tls://a:4222,tls://b:4222"));
        Assert.Equal(Jwt(), creds.Jwt);
        Assert.Equal("bob", creds.Claims.Name);
        Assert.Equal(user.PublicKey, creds.Key.PublicKey);
        Assert.Equal(Pem, creds.CertificatesPem);
        Assert.Equal("tls://a:4222,tls://b:4222", creds.Urls);
        using NatsCreds again = NatsCreds.Parse(creds.Format());
        Assert.Equal(creds.CertificatesPem, again.CertificatesPem);
        Assert.Equal(creds.Urls, again.Urls);
    }

    [Fact]
    public void Other_dashes_carriage_returns_and_broken_lines_are_understood()
    {
        string jwt = Jwt();
        string text = $"---BEGIN NATS USER JWT---\r\n{jwt[..64]}\r\n{jwt[64..]}\r\n---END NATS USER JWT---\r\n\r\n"
            + $"----- BEGIN USER NKEY SEED -----\r\n{user.ExportSeed()}\r\n--------END USER NKEY SEED--------\r\n";
        using NatsCreds creds = NatsCreds.Parse(text);
        Assert.Equal(jwt, creds.Jwt);
        Assert.Null(creds.CertificatesPem);
        Assert.Null(creds.Urls);
    }

    [Fact]
    public void A_part_that_is_missing_is_named()
    {
        Assert.Contains("USER JWT", Refused(""), StringComparison.Ordinal);
        Assert.Contains("SEED", Refused(NatsCreds.Format(Jwt(), "")), StringComparison.Ordinal);
        Assert.Contains("JWT", Refused(NatsCreds.Format("", user.ExportSeed())), StringComparison.Ordinal);
        Assert.Contains("Account", Refused(NatsCreds.Format(Jwt(), account.ExportSeed())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_of_another_user_is_refused_without_showing_it()
    {
        using NKeyPair other = NKeyPair.Create(NKeyType.User);
        string why = Refused(NatsCreds.Format(Jwt(), other.ExportSeed()));
        Assert.Contains(other.PublicKey, why, StringComparison.Ordinal);
        Assert.DoesNotContain(other.ExportSeed(), why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_jwt_that_a_server_would_not_take_is_refused()
    {
        var claims = new NatsUserClaims { Subject = user.PublicKey, Name = new string('n', 3000) };
        Assert.Contains("3072", Refused(NatsCreds.Format(NatsJwt.Encode(claims, account, Now, "id"), user.ExportSeed())), StringComparison.Ordinal);
    }

    [Fact]
    public void An_expired_one_is_refused_when_asked_and_says_since_when()
    {
        string path = Write();
        using (NatsCreds.Read(path, Now))
        using (NatsCreds.Read(path))
        {
            NatsCredentialsException error = Assert.Throws<NatsCredentialsException>(() => NatsCreds.Read(path, Now.AddDays(30)));
            Assert.Contains("since 2026-12-21 09:00:00Z", error.Message, StringComparison.Ordinal);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.OtherExecute)]
    public void A_file_that_others_may_touch_is_refused_and_says_how_to_mend_it(UnixFileMode others)
    {
        string path = Write();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        Assert.Contains("chmod", Assert.Throws<NatsCredentialsException>(() => NatsCreds.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_a_group_is_read()
    {
        string path = Write();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        NatsCreds.Read(path).Dispose();
    }

    [Fact]
    public void A_file_of_another_user_is_refused()
    {
        if (Environment.UserName != "root") Assert.Skip("only root can give a file to another user");
        string path = Write();
        Assert.Equal(0, Chown(path, 65534, 65534));
        Assert.Contains("65534", Assert.Throws<NatsCredentialsException>(() => NatsCreds.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_too_large_or_a_folder_is_refused()
    {
        Assert.Throws<NatsCredentialsException>(() => NatsCreds.Read(folder.File("none")));
        Assert.Throws<NatsCredentialsException>(() => NatsCreds.Read(folder.Path));
        string path = folder.Write("large", new string('x', 300_000));
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.Contains("300000", Assert.Throws<NatsCredentialsException>(() => NatsCreds.Read(path)).Message, StringComparison.Ordinal);
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "chown")]
    [System.Runtime.InteropServices.DefaultDllImportSearchPaths(System.Runtime.InteropServices.DllImportSearchPath.SafeDirectories)]
    private static extern int Chown([System.Runtime.InteropServices.MarshalAs(System.Runtime.InteropServices.UnmanagedType.LPUTF8Str)] string path, uint owner, uint group);

    private static string Refused(string text) => Assert.Throws<NatsCredentialsException>(() => NatsCreds.Parse(text)).Message;

    private string Jwt() => NatsJwt.Encode(new NatsUserClaims { Subject = user.PublicKey, Name = "bob", Expires = Now.AddDays(30) }, account, Now, "id");

    private string Write()
    {
        string path = folder.Write("bob.creds", NatsCreds.Format(Jwt(), user.ExportSeed()));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
