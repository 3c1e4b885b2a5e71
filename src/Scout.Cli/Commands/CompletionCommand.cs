using System.CommandLine;
using Scout.Cli.Completion;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Commands;

/// <summary><c>scout completion SHELL</c>.</summary>
internal sealed class CompletionCommand : ScoutCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];
    private readonly Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish" };

    public CompletionCommand()
        : base("completion", "Print the completion script of a shell")
    {
        Add(shell);
        Examples =
        [
            new("source <(scout completion bash)", "for this shell"),
            new("scout completion bash > /etc/bash_completion.d/scout", "for every shell"),
            new("scout completion fish | source", "for fish"),
        ];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        string name = context.Get(shell) ?? "";
        CompletionTree tree = CompletionTree.Of(CommandTree.Make(out _, out _));
        string script = name switch
        {
            "bash" => CompletionScripts.Bash(tree),
            "zsh" => CompletionScripts.Zsh(tree),
            "fish" => CompletionScripts.Fish(tree),
            _ => throw CliException.Usage($"there is no completion for '{name}'", "known are " + string.Join(", ", Shells)),
        };
        await context.Io.Out.WriteAsync(script);
        return ExitCode.Done;
    }
}
