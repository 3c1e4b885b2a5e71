using System.Globalization;

namespace Scout.Server.Runs;

/// <summary>A process that survived KILL. The pid alone is not enough to know it again: the start time of <c>/proc</c> goes with it.</summary>
internal sealed class StuckProcess
{
    private readonly int pid;
    private readonly string startTime;

    private StuckProcess(int pid, string startTime, string words)
    {
        this.pid = pid;
        this.startTime = startTime;
        Words = words;
    }

    /// <summary>For people: <c>pid 4711 in state D since 10:02</c>.</summary>
    public string Words { get; }

    /// <summary>The process of a stuck run, or null when it is gone by now.</summary>
    public static StuckProcess? Find(int pid, DateTimeOffset startedAt)
    {
        if (!TryRead(pid, out char state, out string startTime)) return null;
        return new StuckProcess(pid, startTime, string.Create(CultureInfo.InvariantCulture, $"pid {pid} in state {state} since {startedAt:HH:mm} UTC"));
    }

    public bool StillThere() => TryRead(pid, out char state, out string now) && now == startTime && state is not ('Z' or 'X');

    // proc(5): "pid (comm) state ppid ..."; comm may hold anything, so the fields are counted from the last parenthesis.
    private static bool TryRead(int pid, out char state, out string startTime)
    {
        state = '?';
        startTime = "";
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            if (fields.Length < 20) return false;
            state = fields[0][0];
            startTime = fields[19];
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
