using System.Text;

namespace Scout.Cli.Completion;

/// <summary>Scripts for three shells. Names of nodes and machines are asked for live, for one second at most.</summary>
internal static class CompletionScripts
{
    private const string AskMachines = "command scout status -o name --timeout 1s </dev/null 2>/dev/null";
    private const string AskNodes = "command scout nodes -o name --timeout 1s </dev/null 2>/dev/null";

    public static string Bash(CompletionTree tree)
    {
        var script = new StringBuilder();
        script.Append("""
            # bash completion for scout; load it with: source <(scout completion bash)
            _scout() {
                local cur prev path word i words options values
                cur=${COMP_WORDS[COMP_CWORD]}
                prev=${COMP_WORDS[COMP_CWORD-1]}
                path=
                for ((i = 1; i < COMP_CWORD; i++)); do
                    word=${COMP_WORDS[i]}
                    case "${path:+$path }$word" in

            """);
        script.Append("            ").AppendJoin('|', tree.Nodes.Where(node => node.Path.Length > 0).Select(node => $"'{node.Path}'")).Append(") path=\"${path:+$path }$word\" ;;\n");
        script.Append("        esac\n    done\n    COMPREPLY=()\n    values=\n    case \"$path:$prev\" in\n");
        foreach (CompletionNode node in tree.Nodes)
        {
            foreach (CompletionOption option in node.Options.Where(option => option.TakesValue))
            {
                string pattern = string.Join('|', option.Names.Select(name => $"'{node.Path}:{name}'"));
                string action = option switch
                {
                    { Values.Count: > 0 } => $"COMPREPLY=($(compgen -W '{string.Join(' ', option.Values)}' -- \"$cur\")); return",
                    { WantsFile: true } => "COMPREPLY=($(compgen -f -- \"$cur\")); return",
                    _ => "return",
                };
                script.Append("        ").Append(pattern).Append(") ").Append(action).Append(" ;;\n");
            }
        }

        script.Append("    esac\n    words= options=\n    case \"$path\" in\n");
        foreach (CompletionNode node in tree.Nodes)
        {
            string words = string.Join(' ', node.Subcommands.Select(sub => sub.Name).Concat(node.Words));
            string options = string.Join(' ', node.Options.SelectMany(option => option.Names));
            script.Append("        '").Append(node.Path).Append("') words='").Append(words).Append("' options='").Append(options).Append('\'');
            script.Append(node.Wants switch
            {
                ArgumentKind.Machines => $"; [[ $cur == -* ]] || words=\"$({AskMachines})\"",
                ArgumentKind.Nodes => $"; [[ $cur == -* ]] || words=\"$({AskNodes})\"",
                ArgumentKind.Files => "; [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- \"$cur\")); return; }",
                _ => "",
            });
            script.Append(" ;;\n");
        }

        script.Append("""
                esac
                if [[ $cur == -* ]]; then words=$options; fi
                COMPREPLY=($(compgen -W "$words" -- "$cur"))
            }
            complete -F _scout scout

            """);
        return script.ToString();
    }

    public static string Zsh(CompletionTree tree)
    {
        // The variable must not be called path: zsh ties that name to PATH.
        var script = new StringBuilder();
        script.Append("""
            #compdef scout
            # zsh completion for scout; load it with: source <(scout completion zsh)
            _scout() {
                local at= word i
                local -a names options
                for ((i = 2; i < CURRENT; i++)); do
                    word=${words[i]}
                    case "${at:+$at }$word" in

            """);
        script.Append("            ").AppendJoin('|', tree.Nodes.Where(node => node.Path.Length > 0).Select(node => ZshQuote(node.Path))).Append(") at=\"${at:+$at }$word\" ;;\n");
        script.Append("        esac\n    done\n    case \"$at:${words[CURRENT-1]}\" in\n");
        foreach (CompletionNode node in tree.Nodes)
        {
            foreach (CompletionOption option in node.Options.Where(option => option.TakesValue))
            {
                string pattern = string.Join('|', option.Names.Select(name => ZshQuote($"{node.Path}:{name}")));
                string action = option switch
                {
                    { Values.Count: > 0 } => $"compadd -- {string.Join(' ', option.Values)}; return",
                    { WantsFile: true } => "_files; return",
                    _ => "return",
                };
                script.Append("        ").Append(pattern).Append(") ").Append(action).Append(" ;;\n");
            }
        }

        script.Append("    esac\n    case \"$at\" in\n");
        foreach (CompletionNode node in tree.Nodes)
        {
            script.Append("        ").Append(ZshQuote(node.Path)).Append(")\n");
            script.Append("            names=(").AppendJoin(' ', node.Subcommands.Select(sub => ZshQuote($"{sub.Name}:{sub.Description}")).Concat(node.Words)).Append(")\n");
            script.Append("            options=(").AppendJoin(' ', node.Options.SelectMany(option => option.Names.Select(name => ZshQuote($"{name}:{option.Description}")))).Append(")\n");
            script.Append(node.Wants switch
            {
                ArgumentKind.Machines => $"            [[ ${{words[CURRENT]}} == -* ]] || compadd -- ${{(f)\"$({AskMachines})\"}}\n",
                ArgumentKind.Nodes => $"            [[ ${{words[CURRENT]}} == -* ]] || compadd -- ${{(f)\"$({AskNodes})\"}}\n",
                ArgumentKind.Files => "            [[ ${words[CURRENT]} == -* ]] || _files\n",
                _ => "",
            });
            script.Append("            ;;\n");
        }

        script.Append("""
                esac
                if [[ ${words[CURRENT]} == -* ]]; then _describe option options; else (( $#names )) && _describe command names; fi
            }
            if [[ $funcstack[1] == _scout ]]; then _scout "$@"; else compdef _scout scout; fi

            """);
        return script.ToString();
    }

    public static string Fish(CompletionTree tree)
    {
        var script = new StringBuilder();
        script.Append("""
            # fish completion for scout; load it with: scout completion fish | source
            function __scout_path
                set -l path
                for word in (commandline -opc)[2..-1]
                    set -l next (string join -- ' ' $path $word)
                    if contains -- "$next" $__scout_paths
                        set path $next
                    end
                end
                echo "$path"
            end
            function __scout_at
                test (__scout_path) = "$argv[1]"
            end
            function __scout_word
                __scout_at "$argv[1]"; and not string match -q -- '-*' (commandline -ct)
            end

            """);
        script.Append("set -g __scout_paths ").AppendJoin(' ', tree.Nodes.Where(node => node.Path.Length > 0).Select(node => FishQuote(node.Path))).Append('\n');
        script.Append("complete -c scout -f\n");
        foreach (CompletionNode node in tree.Nodes)
        {
            string at = $"complete -c scout -n {FishQuote($"__scout_at {FishQuote(node.Path)}")}";
            foreach ((string name, string description) in node.Subcommands) script.Append(at).Append(" -a ").Append(FishQuote(name)).Append(" -d ").Append(FishQuote(description)).Append('\n');
            foreach (string word in node.Words) script.Append(at).Append(" -a ").Append(FishQuote(word)).Append('\n');
            foreach (CompletionOption option in node.Options)
            {
                script.Append(at);
                foreach (string name in option.Names) script.Append(name.StartsWith("--", StringComparison.Ordinal) ? " -l " : " -s ").Append(name.TrimStart('-'));
                if (option.Values.Count > 0) script.Append(" -x -a ").Append(FishQuote(string.Join(' ', option.Values)));
                else if (option.WantsFile) script.Append(" -r -F");
                else if (option.TakesValue) script.Append(" -x");
                script.Append(" -d ").Append(FishQuote(option.Description)).Append('\n');
            }

            // Nodes are asked only where a name may stand.
            string asked = $"complete -c scout -n {FishQuote($"__scout_word {FishQuote(node.Path)}")}";
            script.Append(node.Wants switch
            {
                ArgumentKind.Machines => $"{asked} -a {FishQuote($"({AskMachines})")}\n",
                ArgumentKind.Nodes => $"{asked} -a {FishQuote($"({AskNodes})")}\n",
                ArgumentKind.Files => $"{at} -F\n",
                _ => "",
            });
        }

        return script.ToString();
    }

    private static string ZshQuote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static string FishQuote(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
