namespace Scout.Checks.Execution.Native;

/// <summary>Error numbers of Linux (all architectures this project runs on) and their names.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int E2BIG = 7;
    public const int ENOEXEC = 8;
    public const int ECHILD = 10;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int ENOTDIR = 20;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ETXTBSY = 26;
    public const int ENAMETOOLONG = 36;
    public const int ELOOP = 40;
    public const int ESTALE = 116;

    public static string Name(int errno) => errno switch
    {
        EPERM => "EPERM",
        ENOENT => "ENOENT",
        ESRCH => "ESRCH",
        EINTR => "EINTR",
        EIO => "EIO",
        6 => "ENXIO",
        E2BIG => "E2BIG",
        ENOEXEC => "ENOEXEC",
        9 => "EBADF",
        ECHILD => "ECHILD",
        EAGAIN => "EAGAIN",
        ENOMEM => "ENOMEM",
        EACCES => "EACCES",
        14 => "EFAULT",
        16 => "EBUSY",
        17 => "EEXIST",
        19 => "ENODEV",
        ENOTDIR => "ENOTDIR",
        21 => "EISDIR",
        22 => "EINVAL",
        ENFILE => "ENFILE",
        EMFILE => "EMFILE",
        ETXTBSY => "ETXTBSY",
        28 => "ENOSPC",
        30 => "EROFS",
        ENAMETOOLONG => "ENAMETOOLONG",
        38 => "ENOSYS",
        ELOOP => "ELOOP",
        80 => "ELIBBAD",
        107 => "ENOTCONN",
        110 => "ETIMEDOUT",
        ESTALE => "ESTALE",
        122 => "EDQUOT",
        _ => $"errno {errno}",
    };
}
