using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Scout.Checks.Execution;
using Scout.Checks.Tests.Execution;
using Scout.Testing;

namespace Scout.Checks.Tests.Shipped;

/// <summary>The plugins in <c>checks/</c>, run as a node runs them: every state they can give, and numbers that can be read.</summary>
[Collection(nameof(ExecutorCollection))]
public sealed class ShippedPluginsTests : IAsyncDisposable
{
    private readonly ExecutorLab lab = new(options => options with { PluginOwners = [] });

    public ValueTask DisposeAsync() => lab.DisposeAsync();

    [Fact]
    public async Task Memory_is_judged_by_what_the_kernel_could_give()
    {
        string info = lab.Write("meminfo", "MemTotal:     1000000 kB\nMemFree:       100000 kB\nMemAvailable:  300000 kB\n", "644");
        Is(CheckStatus.Ok, "MEMORY OK - 70.0% used, 292 MiB available of 976 MiB", await Run("check_memory", "-w", "80", "-c", "90", "-f", info), "used=716800000", "used_percent=70");
        Is(CheckStatus.Warning, "MEMORY WARNING - 70.0%", await Run("check_memory", "-w", "70", "-c", "90", "-f", info), "used_percent=70");
        Is(CheckStatus.Critical, "MEMORY CRITICAL - 70.0%", await Run("check_memory", "-w", "50", "-c", "70", "-f", info), "used_percent=70");
        Is(CheckStatus.Unknown, "usage: ", await Run("check_memory", "-w", "90", "-c", "80"));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_memory", "-w", "80%", "-c", "90%"));
        Is(CheckStatus.Unknown, "MEMORY UNKNOWN - cannot read /nowhere", await Run("check_memory", "-w", "80", "-c", "90", "-f", "/nowhere"));
        Is(CheckStatus.Unknown, "MEMORY UNKNOWN - no MemTotal", await Run("check_memory", "-w", "80", "-c", "90", "-f", lab.Write("old", "MemTotal: 5 kB\n", "644")));
        Assert.NotEqual(CheckStatus.Unknown, (await Run("check_memory", "-w", "80", "-c", "90")).Status);
    }

    [Theory]
    [InlineData(30, CheckStatus.Ok, "CERTIFICATE OK - ")]
    [InlineData(10, CheckStatus.Warning, "CERTIFICATE WARNING - ")]
    [InlineData(3, CheckStatus.Critical, "CERTIFICATE CRITICAL - ")]
    [InlineData(-1, CheckStatus.Critical, "CERTIFICATE CRITICAL - ")]
    public async Task A_certificate_is_judged_by_the_days_it_has_left(int days, CheckStatus status, string text)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 made = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-60), now.AddDays(days).AddHours(1));
        string file = lab.Write("cert.pem", made.ExportCertificatePem(), "644");
        Is(status, text, await Run("check_certificate_file", "-f", file, "-w", "21", "-c", "7"), $"days_left={days + (days < 0 ? 1 : 0)}");
    }

    [Fact]
    public async Task What_is_no_certificate_or_no_threshold_is_unknown()
    {
        Is(CheckStatus.Unknown, "CERTIFICATE UNKNOWN - cannot read /nowhere", await Run("check_certificate_file", "-f", "/nowhere"));
        Is(CheckStatus.Unknown, $"CERTIFICATE UNKNOWN - {lab.Nasty} holds no certificate", await Run("check_certificate_file", "-f", lab.Nasty));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_certificate_file", "-f", lab.Nasty, "-w", "7", "-c", "21"));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_certificate_file", "-f", lab.Nasty, "-w", ""));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_certificate_file"));
    }

    [Fact]
    public async Task Errors_of_a_log_are_counted_in_its_last_lines()
    {
        string log = lab.Write("log", string.Concat(Enumerable.Range(0, 100).Select(i => i % 20 == 0 ? $"line {i} ERROR a|b=1\n" : $"line {i} fine\n")), "644");
        PluginResult warning = await Run("check_log_errors", "-f", log);
        Is(CheckStatus.Warning, "LOG WARNING - 5 of the last 100 lines match", warning, "matches=5", "lines=100");
        Assert.EndsWith("line 80 ERROR a!b=1", warning.Output.LongText, StringComparison.Ordinal);
        Is(CheckStatus.Critical, "LOG CRITICAL - 5 of the last 100", await Run("check_log_errors", "-f", log, "-c", "5"), "matches=5");
        Is(CheckStatus.Ok, "LOG OK - 0 of the last 10 lines match", await Run("check_log_errors", "-f", log, "-n", "10"), "matches=0");
        Is(CheckStatus.Unknown, "LOG UNKNOWN - cannot read /nowhere", await Run("check_log_errors", "-f", "/nowhere"));
        Is(CheckStatus.Unknown, "LOG UNKNOWN - -e is not a regular expression", await Run("check_log_errors", "-f", log, "-e", "("));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_log_errors", "-f", log, "-w", "many"));
    }

    [Theory]
    [InlineData("active", CheckStatus.Ok, "UNIT OK - cron.service is active")]
    [InlineData("activating", CheckStatus.Warning, "UNIT WARNING - cron.service is activating")]
    [InlineData("failed", CheckStatus.Critical, "UNIT CRITICAL - cron.service is failed: systemctl status cron.service")]
    [InlineData("unheard-of", CheckStatus.Unknown, "UNIT UNKNOWN - cron.service: unheard-of")]
    public async Task A_unit_is_as_systemd_says(string state, CheckStatus status, string text)
    {
        lab.Write("systemctl", $"#!/bin/sh\necho {state}\n[ {state} = active ]\n");
        Is(status, text, await Run("check_systemd_unit", "cron.service"));
    }

    [Fact]
    public async Task Units_that_failed_are_named()
    {
        lab.Write("systemctl", "#!/bin/sh\nprintf 'a.service loaded failed failed A\\nb.timer loaded failed failed B\\n'\n");
        Is(CheckStatus.Critical, "UNITS CRITICAL - 2 failed: a.service b.timer", await Run("check_systemd_unit", "--failed"), "failed=2");
        lab.Write("systemctl", "#!/bin/sh\n");
        Is(CheckStatus.Ok, "UNITS OK - no unit failed", await Run("check_systemd_unit", "--failed"), "failed=0");
        lab.Write("systemctl", "#!/bin/sh\necho 'System has not been booted with systemd'\nexit 1\n");
        Is(CheckStatus.Unknown, "UNITS UNKNOWN - System has not been booted with systemd", await Run("check_systemd_unit", "--failed"));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_systemd_unit"));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_systemd_unit", "--all"));
    }

    [Fact]
    public async Task The_clock_of_this_machine_is_judged_by_the_kernel()
    {
        PluginResult result = await Run("check_clock", "-w", "1", "-c", "5");
        Assert.Equal("exit", result.Reason);
        Assert.StartsWith("CLOCK ", result.Output.Text, StringComparison.Ordinal);
        // Where the kernel does not tell (a container may forbid it), there are no numbers.
        if (result.Status != CheckStatus.Unknown) Assert.Equal(["max_error", "estimated_error", "offset"], result.Output.PerfData.Select(item => item.Label));
        Is(CheckStatus.Unknown, "usage: ", await Run("check_clock", "-w", "soon"));
    }

    private static void Is(CheckStatus status, string text, PluginResult result, params string[] numbers)
    {
        Assert.True(result.Status == status && result.Reason == "exit", $"{result.Status} {result.Reason}: {result.Detail} {result.Stdout} {result.Output.Stderr}");
        Assert.StartsWith(text, result.Output.Text, StringComparison.Ordinal);
        Assert.Equal("", result.Output.Stderr);
        Assert.Equal(0, result.Output.PerfDataErrors.Count);
        foreach (string number in numbers) Assert.Contains(number, result.Output.PerfData.Select(item => FormattableString.Invariant($"{item.Label}={item.RawValue}")));
    }

    /// <summary>Of the lab's folder, which is the first place of the path: a program there stands in for the system's.</summary>
    private Task<PluginResult> Run(string plugin, params string[] arguments)
    {
        string path = lab.PathOf(plugin);
        if (!File.Exists(path)) lab.Write(plugin, File.ReadAllText(Path.Combine(Repository.Root, "checks", plugin)));
        return lab.Run(lab.Request([path, .. arguments]) with { Environment = [new("PATH", $"{lab.Folder}:{PluginExecutorOptions.SystemPath}"), new("LC_ALL", "C.UTF-8")] });
    }
}
