using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Scout.Cli.Terminal;

/// <summary>The real process.</summary>
internal sealed class SystemConsoleIo : IConsoleIo, IDisposable
{
    private readonly List<PosixSignalRegistration> signals = [];
    private CancellationTokenSource? interrupted;
    private TextReader? input;

    /// <summary>Number of the signal that interrupted the command; 0 when none did.</summary>
    public int Signal { get; private set; }

    public TextWriter Out { get; } = Open(1, autoFlush: false);

    public TextWriter Error { get; } = Open(2, autoFlush: true);

    public TextReader In => input ??= Console.In;

    public bool OutIsTerminal { get; } = !Console.IsOutputRedirected;

    public bool ErrorIsTerminal { get; } = !Console.IsErrorRedirected;

    public bool InIsTerminal { get; } = !Console.IsInputRedirected;

    public int? Width => OutIsTerminal && Console.WindowWidth > 0 ? Console.WindowWidth : null;

    public int? Height => OutIsTerminal && Console.WindowHeight > 0 ? Console.WindowHeight : null;

    public TimeProvider Time => TimeProvider.System;

    public string Directory => Environment.CurrentDirectory;

    public string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    public IReadOnlyDictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables()) variables[(string)entry.Key] = (string?)entry.Value ?? "";
        return variables;
    }

    public CancellationToken Interrupted()
    {
        if (interrupted is null)
        {
            interrupted = new CancellationTokenSource();
            signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, context => OnSignal(context, 2)));
            signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnSignal(context, 15)));
        }

        return interrupted.Token;
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in signals) signal.Dispose();
        interrupted?.Dispose();
    }

    private void OnSignal(PosixSignalContext context, int number)
    {
        // A second signal is not held back: it ends the process at once.
        if (Signal != 0) return;
        Signal = number;
        context.Cancel = true;
        interrupted!.Cancel();
    }

    private static StreamWriter Open(int descriptor, bool autoFlush) =>
        new(new StandardStream(descriptor), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16 * 1024) { AutoFlush = autoFlush, NewLine = "\n" };
}
