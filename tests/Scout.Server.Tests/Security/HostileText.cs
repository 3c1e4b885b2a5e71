namespace Scout.Server.Tests.Security;

/// <summary>What people write into fields in the hope that somebody evaluates it.</summary>
internal static class HostileText
{
    /// <summary>Each would make the file <paramref name="canary"/> if it were evaluated, or change the words of a command.</summary>
    public static string[] Of(string canary) =>
    [
        $"; touch {canary}", $"| touch {canary}", $"& touch {canary} &", $"$(touch {canary})", $"`touch {canary}`", $"\ntouch {canary}\n", $"\r\ntouch {canary}",
        $"' ; touch {canary} ; '", $"\" ; touch {canary} ; \"", "-o x", "--", "--help", "a b  c", "*", "~", "$HOME", "{{ lookup \"facts.node\" }}", "../../../etc/passwd", "",
        "\u001b]0;x\u0007", "\u202eevil", "\u00e4\ud83d\ude00",
    ];
}
