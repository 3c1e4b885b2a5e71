using FsCheck;
using FsCheck.Fluent;
using Scout.Checks.Probes.Dns;

namespace Scout.Checks.Tests.Probes.Dns;

public sealed class DnsNameTests
{
    [Fact]
    public void What_is_written_reads_back_at_any_place()
    {
        Gen<string> label = Gen.Choose(1, 20).SelectMany(length => Gen.ArrayOf(Gen.Elements("abcXYZ019-_*".ToCharArray()), length)).Select(letters => new string(letters));
        Gen<string> name = Gen.Choose(1, 8).SelectMany(count => Gen.ArrayOf(label, count)).Select(labels => string.Join('.', labels));
        Check.QuickThrowOnFailure(Prop.ForAll(name.ToArbitrary(), Gen.Choose(0, 40).ToArbitrary(), (text, offset) =>
        {
            byte[] room = new byte[offset + DnsName.Longest + 1];
            int size = DnsName.Write(text, room.AsSpan(offset));
            int at = offset;
            bool read = DnsName.TryRead(room, ref at, out string back);

            // The same through a pointer.
            byte[] pointed = [.. room, (byte)(0xC0 | (offset >> 8)), (byte)offset];
            int there = room.Length;
            bool readThere = DnsName.TryRead(pointed, ref there, out string again);
            return DnsName.IsName(text) && read && back == text && at == offset + size && readThere && again == text && there == pointed.Length;
        }));
    }

    [Fact]
    public void Reading_noise_ends_and_stays_within_bounds()
    {
        var random = new Random(31);
        for (int round = 0; round < 100_000; round++)
        {
            byte[] noise = new byte[random.Next(1, 300)];
            for (int i = 0; i < noise.Length; i++) noise[i] = (byte)(random.Next(4) switch { 0 => random.Next(256), 1 => 0xC0, 2 => random.Next(8), _ => random.Next(64) });
            int at = random.Next(noise.Length);
            int start = at;
            if (!DnsName.TryRead(noise, ref at, out string name))
            {
                Assert.Equal(start, at);
                continue;
            }

            Assert.InRange(at, start + 1, noise.Length);
            Assert.InRange(name.Length, 0, 4 * DnsName.Longest);
        }
    }
}
