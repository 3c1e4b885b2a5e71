using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>Why a plugin did not start (plugins.md sections 3 and 8).</summary>
/// <param name="Reason"><c>spawn refused bad_command stuck cancelled</c>.</param>
/// <param name="Cause">Of section 8, or null.</param>
/// <param name="Error">errno, or 0.</param>
/// <param name="Detail">For people.</param>
internal sealed record StartProblem(string Reason, string? Cause, int Error, string Detail)
{
    public static StartProblem Cancelled { get; } = new("cancelled", null, 0, "");

    /// <summary>Worth another try soon: the file is being written.</summary>
    public bool IsBusy => Error == Errno.ETXTBSY && Reason == "spawn";

    /// <summary>Worth another try later: the node lacks something.</summary>
    public bool IsShortage => Cause == "no_resources";

    public static StartProblem Refused(string detail) => new("refused", null, 0, detail);

    public static StartProblem BadCommand(string detail) => new("bad_command", null, 0, detail);

    public static StartProblem Spawn(string cause, int error, string detail) => new("spawn", cause, error, detail);

    /// <summary>An errno that a look at the file does not explain any further.</summary>
    public static StartProblem FromErrno(int error, string what)
    {
        (string cause, string hint) = error switch
        {
            Errno.ENOENT => ("not_found", "there is no such file"),
            Errno.EACCES => ("not_executable", "permission denied"),
            Errno.ENOEXEC => ("no_format", "it has no #! line and is no program of this architecture; Scout does not retry through a shell"),
            Errno.ENOTDIR => ("bad_path", "a part of the path is not a folder"),
            Errno.ELOOP => ("bad_path", "its links go in a circle"),
            Errno.ENAMETOOLONG => ("bad_path", "the path is too long"),
            Errno.E2BIG => ("too_long", "arguments and environment are too long together"),
            Errno.EPERM => ("not_permitted", "the system does not permit it"),
            Errno.EIO or Errno.ESTALE => ("io", "the file system cannot be read"),
            Errno.ETXTBSY => ("busy", "the file is being written"),
            Errno.EAGAIN or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE => ("no_resources", "the system lacks processes, memory or descriptors"),
            _ => ("other", "the system refused it"),
        };
        return Spawn(cause, error, $"{what}: {hint} ({Errno.Name(error)})");
    }
}
