using System.Diagnostics;
using Scout.Testing;

namespace Scout.Chart.Tests;

/// <summary>Renders the chart: <c>$HELM</c>, else helm on the path, else the renderer beside the checkout. A test without any is skipped, with the reason.</summary>
internal static class HelmTool
{
    private static readonly Lazy<(string? Path, string Reason)> Found = new(Find);

    public static string Chart { get; } = Path.Combine(Repository.Root, "helm", "scout");

    /// <summary>Exit code and what it printed.</summary>
    public static (int Code, string Output, string Errors) Run(params IEnumerable<string> arguments)
    {
        if (Found.Value.Path is not { } helm) throw SkipTestException.Because(Found.Value.Reason, "SCOUT_REQUIRE_HELM");
        return Programs.Run(helm, arguments, TimeSpan.FromMinutes(1));
    }

    /// <summary>What <c>helm template</c> makes of the chart; fails the test when it refuses.</summary>
    public static string Template(string release, string version, params IEnumerable<string> more)
    {
        (int code, string output, string errors) = Run(["template", release, Chart, "--namespace", "monitoring", "--kube-version", version, "--api-versions", "monitoring.coreos.com/v1", .. more]);
        Assert.True(code == 0, errors);
        return output;
    }

    private static (string? Path, string Reason) Find()
    {
        string beside = Path.Combine(Repository.Root, "..", "shared", "tools", "helm-template", "helm");
        string? named = Environment.GetEnvironmentVariable("HELM");
        string?[] candidates = string.IsNullOrEmpty(named) ? ["helm", File.Exists(beside) ? beside : null] : [named];
        foreach (string candidate in candidates.OfType<string>())
        {
            try
            {
                // The renderer beside the checkout compiles itself the first time.
                if (Programs.Run(candidate, ["version"], TimeSpan.FromMinutes(5)).Code == 0) return (candidate, "");
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not on the path.
            }
        }

        return (null, $"there is no helm that works (tried {string.Join(", ", candidates.OfType<string>())})");
    }
}

/// <summary>Programs that the tests call.</summary>
internal static class Programs
{
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static (int Code, string Output, string Errors) Run(string file, IEnumerable<string> arguments, TimeSpan within, string? directory = null)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = directory ?? Repository.Root };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(within))
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", $"{file} did not end within {within}");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }
}
