using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Scout.Testing;

namespace Scout.EndToEnd.Security;

/// <summary>The units run with little, and nothing that is shipped gives more (reliability.md A11).</summary>
[Trait("attack", "A11")]
public sealed partial class PrivilegeTests
{
    private const string Tool = "/usr/bin/systemd-analyze";

    [Theory]
    [InlineData("scout.service")]
    [InlineData("scout-broker.service")]
    public void A_unit_is_exposed_at_most_to_3_0(string unit)
    {
        if (!File.Exists(Tool)) throw SkipTestException.Because("systemd-analyze is missing (Debian package systemd)", "SCOUT_REQUIRE_SYSTEMD");
        var start = new ProcessStartInfo(Tool, ["security", "--offline=true", "--no-pager", Path.Combine(Repository.Root, "packaging", unit)]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Match overall = Overall().Match(output);
        if (!overall.Success) throw SkipTestException.Because("this systemd-analyze cannot judge a file offline (before 250)", "SCOUT_REQUIRE_SYSTEMD");
        Assert.True(double.Parse(overall.Groups[1].Value, CultureInfo.InvariantCulture) <= 3.0, output);
    }

    [Theory]
    [InlineData("scout.service")]
    [InlineData("scout-broker.service")]
    public void Systemd_finds_nothing_to_complain_about_in_a_unit(string unit)
    {
        if (!File.Exists(Tool)) throw SkipTestException.Because("systemd-analyze is missing (Debian package systemd)", "SCOUT_REQUIRE_SYSTEMD");
        using var folder = new TempFolder();
        // Installed nothing is here: the program it names is another one.
        string text = Program().Replace(File.ReadAllText(Path.Combine(Repository.Root, "packaging", unit)), "${key}=/bin/true");
        Assert.Contains("ExecStart=/bin/true", text, StringComparison.Ordinal);
        var start = new ProcessStartInfo(Tool, ["verify", "--man=no", "--no-pager", folder.Write(unit, text)]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        // Of other units of this machine it may say what it likes.
        Assert.DoesNotContain(output.Split('\n'), line => line.Contains(unit, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("scout.service", "scout")]
    [InlineData("scout-broker.service", "scout-broker")]
    public void A_unit_has_its_own_user_and_no_capability(string unit, string user)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "packaging", unit));
        Assert.Contains($"User={user}", lines);
        Assert.Contains("NoNewPrivileges=yes", lines);
        Assert.Contains("CapabilityBoundingSet=", lines);
        Assert.Contains("AmbientCapabilities=", lines);
        Assert.Contains("LimitCORE=0", lines);
        Assert.Contains("UMask=0077", lines);
    }

    [Fact]
    public void No_file_that_is_shipped_changes_its_user_or_may_be_written_by_others()
    {
        const UnixFileMode forbidden = UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.OtherWrite;
        foreach (string folder in (string[])["out", "checks", "machines", "packaging", "eng", "demo"])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories))
                Assert.True((File.GetUnixFileMode(file) & forbidden) == UnixFileMode.None, $"{file}: {File.GetUnixFileMode(file)}");
        }
    }

    [GeneratedRegex(@"^(?<key>Exec\w+)=[-+@:!]*/\S+", RegexOptions.Multiline, 1000)]
    private static partial Regex Program();

    [GeneratedRegex("Overall exposure level for .*: ([0-9.]+)")]
    private static partial Regex Overall();
}
