using Scout.Cli.Asking;
using Scout.Cli.Terminal;

namespace Scout.Cli.Fleets;

/// <summary>"40 of 200 nodes answered", on a terminal and only when it takes long enough to wonder.</summary>
internal sealed class RoundProgress : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);
    private readonly IConsoleIo io;
    private readonly int asked;
    private readonly Lock gate = new();
    private readonly ITimer? timer;
    private int answered;
    private int shown;
    private bool over;

    public RoundProgress(IConsoleIo io, int asked)
    {
        this.io = io;
        this.asked = asked;
        if (io.ErrorIsTerminal && io.Variable("TERM") != "dumb") timer = io.Time.CreateTimer(_ => Show(), null, Patience, TimeSpan.FromMilliseconds(200));
    }

    public void Answered(NodeAnswer answer) => Interlocked.Increment(ref answered);

    public void Dispose()
    {
        timer?.Dispose();
        lock (gate)
        {
            over = true;
            if (shown > 0) io.Error.Write("\r" + new string(' ', shown) + "\r");
        }
    }

    private void Show()
    {
        lock (gate)
        {
            if (over) return;
            string line = $"asking: {Volatile.Read(ref answered)} of {asked} answered";
            io.Error.Write("\r" + line);
            shown = Math.Max(shown, line.Length);
        }
    }
}
