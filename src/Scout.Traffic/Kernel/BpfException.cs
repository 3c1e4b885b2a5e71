using System.Runtime.InteropServices;

namespace Scout.Traffic.Kernel;

/// <summary>The kernel refused a <c>bpf(2)</c>.</summary>
public sealed class BpfException : Exception
{
    private const int ShownLines = 30;

    public BpfException(BpfCommand command, int errno, string verifierLog = "") : base(Text(command, errno, verifierLog))
    {
        Command = command;
        Errno = errno;
        VerifierLog = verifierLog;
    }

    public BpfCommand Command { get; }

    /// <summary>The error number, positive.</summary>
    public int Errno { get; }

    /// <summary>All that the verifier said; empty when it said nothing. The message has its last 30 lines.</summary>
    public string VerifierLog { get; }

    /// <summary>The kernel's name of a command.</summary>
    public static string NameOf(BpfCommand command) => command switch
    {
        BpfCommand.MapCreate => "MAP_CREATE",
        BpfCommand.MapLookup => "MAP_LOOKUP",
        BpfCommand.MapUpdate => "MAP_UPDATE",
        BpfCommand.MapDelete => "MAP_DELETE",
        BpfCommand.MapNextKey => "MAP_GET_NEXT_KEY",
        BpfCommand.ProgLoad => "PROG_LOAD",
        BpfCommand.ProgAttach => "PROG_ATTACH",
        BpfCommand.ProgDetach => "PROG_DETACH",
        BpfCommand.ProgTestRun => "PROG_TEST_RUN",
        BpfCommand.ProgGetFdById => "PROG_GET_FD_BY_ID",
        BpfCommand.ObjGetInfoByFd => "OBJ_GET_INFO_BY_FD",
        BpfCommand.MapLookupBatch => "MAP_LOOKUP_BATCH",
        BpfCommand.LinkCreate => "LINK_CREATE",
        BpfCommand.EnableStats => "ENABLE_STATS",
        _ => command.ToString(),
    };

    private static string Text(BpfCommand command, int errno, string log)
    {
        string first = $"bpf({NameOf(command)}) failed: {Marshal.GetPInvokeErrorMessage(errno)} ({errno})";
        string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0 ? first : first + "\n" + string.Join('\n', lines.TakeLast(ShownLines));
    }
}
