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

    public int Signal { get; private set; }

    public TextWriter Out { get; } = Open(new StandardStream(1), autoFlush: false);

    public TextWriter Error { get; } = Open(new StandardStream(2) { Heeded = false }, autoFlush: true);

    public TextReader In => input ??= new StreamReader(new StandardInput(Interrupted()), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

    public bool OutIsTerminal { get; } = !Console.IsOutputRedirected;

    public bool ErrorIsTerminal { get; } = !Console.IsErrorRedirected;

    public bool InIsTerminal { get; } = !Console.IsInputRedirected;

    public int? Width => OutIsTerminal ? TerminalSize.Of(1)?.Columns : null;

    public int? Height => OutIsTerminal ? TerminalSize.Of(1)?.Rows : null;

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

    private static StreamWriter Open(StandardStream stream, bool autoFlush) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16 * 1024) { AutoFlush = autoFlush, NewLine = "\n" };
}
