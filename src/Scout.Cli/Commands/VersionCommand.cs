using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;

namespace Scout.Cli.Commands;

/// <summary><c>scout version</c>.</summary>
internal sealed class VersionCommand : ScoutCommand
{
    private readonly OutputOption output = new("text", "json", "yaml");

    public VersionCommand()
        : base("version", "Print version, commit and runtime")
    {
        output.AddTo(this);
        Examples = [new("scout version -o json", "as one object")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        // 0.1.0+3f2c1ab...: the SDK appends the commit when it builds from a checkout.
        string informational = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        string[] parts = informational.Split('+');
        string version = parts[0];
        string? commit = parts.Length > 1 ? parts[1][..Math.Min(7, parts[1].Length)] : null;
        string runtime = RuntimeInformation.FrameworkDescription;
        string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        OutputFormat format = output.Read(context);
        if (format == OutputFormat.Table)
        {
            context.Io.Out.WriteLine($"scout {version} ({(commit is null ? "" : commit + ", ")}{runtime}, linux-{architecture})");
            return Task.FromResult(ExitCode.Done);
        }

        void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            writer.WriteString("version", version);
            writer.Text("commit", commit);
            writer.WriteString("runtime", runtime);
            writer.WriteString("os", "linux");
            writer.WriteString("arch", architecture);
            writer.WriteEndObject();
        }

        Printed.Object(context, format, Write);
        return Task.FromResult(ExitCode.Done);
    }
}
