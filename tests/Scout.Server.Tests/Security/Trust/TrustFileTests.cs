using System.Collections.Immutable;
using Scout.Nats;
using Scout.Protocol.Security.Trust;
using Scout.Server.Configuration;
using Scout.Server.Security.Trust;
using Scout.Testing;

namespace Scout.Server.Tests.Security.Trust;

public sealed class TrustFileTests
{
    [Fact]
    public void A_signed_document_is_believed_and_a_newer_one_takes_its_place()
    {
        using var bench = new Bench();
        bench.Write(bench.Document(1));
        TrustFile trust = bench.Open();
        Assert.Equal("viewer", trust.Current?.RoleOf(bench.Role));
        bench.Write(bench.Document(2));
        trust.Reload(bench.Findings);
        Assert.Equal(2, trust.Current?.Serial);
        Assert.Empty(bench.Findings);
    }

    [Fact]
    public void A_lower_serial_another_key_and_a_forged_signature_leave_the_last_good_one()
    {
        using var bench = new Bench();
        bench.Write(bench.Document(5));
        TrustFile trust = bench.Open();
        bench.Write(bench.Document(4));
        trust.Reload(bench.Findings);
        using NKeyPair other = NKeyPair.Create(NKeyType.Server);
        bench.Write(bench.Document(6, other));
        trust.Reload(bench.Findings);
        bench.Write(bench.Document(7) with { Serial = 8 });
        trust.Reload(bench.Findings);
        bench.Folder.Write("trust.json", "{");
        trust.Reload(bench.Findings);
        Assert.Equal(5, trust.Current?.Serial);
        Assert.Equal(4, bench.Findings.Count);
    }

    [Fact]
    public void A_file_that_others_may_write_or_that_is_a_link_makes_nobody_believed()
    {
        using var bench = new Bench();
        bench.Write(bench.Document(1));
        File.SetUnixFileMode(bench.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Null(bench.Open().Current);
        File.SetUnixFileMode(bench.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.NotNull(bench.Open().Current);
        File.Move(bench.Path, bench.Path + ".real");
        File.CreateSymbolicLink(bench.Path, bench.Path + ".real");
        Assert.Null(bench.Open().Current);
        File.Delete(bench.Path);
        Assert.Null(bench.Open().Current);
        Assert.Equal(3, bench.Findings.Count);
    }

    private sealed class Bench : IDisposable
    {
        private readonly NKeyPair signer = NKeyPair.Create(NKeyType.Server);
        private readonly NKeyPair role = NKeyPair.Create(NKeyType.Account);
        private readonly NKeyPair fleet = NKeyPair.Create(NKeyType.Account);

        public TempFolder Folder { get; } = new();

        public List<SettingFinding> Findings { get; } = [];

        public string Path => Folder.File("trust.json");

        public string Role => role.PublicKey;

        public TrustFile Open() => TrustFile.Open(Path, Findings);

        public void Write(TrustDocument document)
        {
            File.WriteAllBytes(Path, document.ToBytes());
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        public TrustDocument Document(long serial, NKeyPair? by = null) => new TrustDocument
        {
            Serial = serial,
            Issued = new DateTimeOffset(2026, 11, 21, 9, 0, 0, TimeSpan.Zero),
            Fleet = fleet.PublicKey,
            Key = (by ?? signer).PublicKey,
            Roles = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("viewer", [role.PublicKey]),
        }.Sign(message => (by ?? signer).Sign(message));

        public void Dispose()
        {
            Folder.Dispose();
            signer.Dispose();
            role.Dispose();
            fleet.Dispose();
        }
    }
}
