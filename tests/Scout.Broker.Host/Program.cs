using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Scout.Broker;
using Scout.Broker.Host;
using Scout.Broker.Supervision;

// A broker without a command line of its own: what tests start as a process, kill, and start again. It is the launcher too.
if (NatsLauncher.TryRun(args) is { } code) return code;
using var stop = new CancellationTokenSource();
using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    stop.Cancel();
});
using ILoggerFactory logs = LoggerFactory.Create(static builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(new ErrorStreamLoggerProvider()));
BrokerExit exit = await BrokerService.RunAsync(
    new BrokerOptions
    {
        Dev = args[1] != "secure",
        Data = args[0],
        Listen = args[1] == "secure" ? null : args[1],
        Launcher = [Environment.ProcessPath!],
        StopTimeout = TimeSpan.FromSeconds(args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 10),
    },
    logs,
    TimeProvider.System,
    stop.Token);
if (exit.Message.Length > 0) Console.Error.WriteLine($"error: {exit.Message}\nhint: {exit.Hint}");
return exit.Code;
