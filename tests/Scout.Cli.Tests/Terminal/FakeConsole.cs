using Scout.Cli.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Terminal;

/// <summary>A console in memory: what was printed, what is typed, what the environment says.</summary>
internal sealed class FakeConsole : IConsoleIo, IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly LockedWriter output = new();
    private readonly LockedWriter error = new();

    public Dictionary<string, string> Environment { get; } = [];

    public string Output => output.Text;

    public string Errors => error.Text;

    public TextWriter Out => OutOverride ?? output;

    public TextWriter? OutOverride { get; set; }

    public TextWriter Error => error;

    public TextReader In { get; set; } = TextReader.Null;

    public bool OutIsTerminal { get; set; }

    public bool ErrorIsTerminal { get; set; }

    public bool InIsTerminal { get; set; }

    public int? Width { get; set; }

    public int? Height { get; set; }

    public int Signal { get; set; }

    public TimeProvider Time { get; set; } = new UtcSystemTime();

    public string Directory { get; set; } = "/";

    public string? Variable(string name) => Environment.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    public IReadOnlyDictionary<string, string> Variables() => Environment;

    public CancellationToken Interrupted() => stop.Token;

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => stop.Cancel();

    public void Dispose() => stop.Dispose();

    /// <summary>Runs a command line as a shell would split it at blanks.</summary>
    public Task<int> RunAsync(params string[] args) => ScoutCommandLine.InvokeAsync(args, this);

    private sealed class UtcSystemTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }

    /// <summary>Tests read what a command prints while it runs.</summary>
    private sealed class LockedWriter : StringWriter
    {
        private readonly Lock gate = new();

        public LockedWriter() => NewLine = "\n";

        public string Text
        {
            get
            {
                lock (gate) return ToString();
            }
        }

        public override void Write(char value)
        {
            lock (gate) base.Write(value);
        }

        public override void Write(string? value)
        {
            lock (gate) base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            lock (gate) base.Write(buffer, index, count);
        }

        public override void WriteLine(string? value)
        {
            lock (gate) base.WriteLine(value);
        }
    }
}
