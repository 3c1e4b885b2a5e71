using Scout.Broker.Supervision;
using Scout.Cli;
using Scout.Cli.Terminal;

// The broker starts this executable again to become nats-server; that must happen before anything else.
if (args is [NatsLauncher.Argument, ..]) return NatsLauncher.TryRun(args) ?? 2;
using var io = new SystemConsoleIo();
return await ScoutCommandLine.InvokeAsync(args, io);
