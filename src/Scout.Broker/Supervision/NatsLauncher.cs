using System.Globalization;

namespace Scout.Broker.Supervision;

/// <summary>
/// What <c>scout</c> is when it starts itself to become nats-server: lock, death with the parent, exec. Main calls <see cref="TryRun"/> before anything else.
/// </summary>
public static class NatsLauncher
{
    /// <summary>The hidden first argument.</summary>
    public const string Argument = "__nats-launcher";

    /// <summary>Exit code: the store is locked.</summary>
    internal const int ExitLocked = 121;

    /// <summary>Exit code: anything else that kept nats-server from starting.</summary>
    internal const int ExitFailed = 122;

    /// <summary>
    /// Null when the arguments are not the launcher's. Otherwise this process becomes nats-server and the call does not return; an exit code says why it could not.
    /// </summary>
    /// <param name="args">Hidden argument, pid of the supervisor, lock file, nats-server, its arguments.</param>
    public static int? TryRun(IReadOnlyList<string> args)
    {
        if (args.Count == 0 || args[0] != Argument) return null;
        if (args.Count < 4 || !int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out int supervisor))
        {
            Console.Error.WriteLine("scout: this argument is for scout itself; try 'scout broker run'");
            return 2;
        }

        // Armed first, then looked: a parent that died in between is noticed either way.
        if (!Native.DieWithParent()) return Fail("cannot ask to end with the supervisor");
        if (Native.GetParentProcessId() != supervisor) return ExitFailed;
        if (StoreLock.Take(args[2], Environment.ProcessId, supervisor, out int descriptor) is { } locked)
        {
            Console.Error.WriteLine(locked);
            return locked == "held" ? ExitLocked : ExitFailed;
        }

        Native.LeadGroup();
        Native.ResetSignals();
        Native.KeepOnly(descriptor);
        _ = Native.Execute(args[3], [.. args.Skip(3)], ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LC_ALL=C.UTF-8"]);
        return Fail($"cannot start {args[3]}");
    }

    private static int Fail(string what)
    {
        Console.Error.WriteLine($"{what}: {Native.LastErrorText}");
        return ExitFailed;
    }
}
