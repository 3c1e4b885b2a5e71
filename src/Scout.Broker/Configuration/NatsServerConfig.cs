using System.Globalization;
using System.Text;
using Scout.Broker.Supervision;

namespace Scout.Broker.Configuration;

/// <summary>The configuration file of nats-server in dev mode: what security.md 3 has, less TLS and accounts. Accepted by 2.9.10 and later.</summary>
internal static class NatsServerConfig
{
    public static string Dev(BrokerDirectory directory, ListenAddress listen, string? token, NatsServerVersion version)
    {
        var text = new StringBuilder();
        Line(text, "# Written by 'scout broker run --dev' at each start; changes are lost.");
        Line(text, $"server_name: \"scout-dev\"");
        // Port 0 means the default port to nats-server; -1 is a free one.
        Line(text, $"listen: {Quote(Address(listen))}");
        Line(text, "http: \"127.0.0.1:-1\"");
        Line(text, $"pid_file: {Quote(Path.Combine(directory.Run, "nats.pid"))}");
        Line(text, $"ports_file_dir: {Quote(directory.Run)}");
        Line(text, "max_connections: 65536");
        Line(text, "max_payload: 1MB");
        Line(text, "max_control_line: 8192");
        Line(text, "max_pending: 64MB");
        Line(text, "write_deadline: \"10s\"");
        Line(text, "ping_interval: \"20s\"");
        Line(text, "ping_max: 2");
        Line(text, "lame_duck_duration: \"30s\"");
        Line(text, "lame_duck_grace_period: \"10s\"");
        // The default of 2 s fails logins in a reconnect storm.
        Line(text, token is null ? "authorization { timeout: 10 }" : $"authorization {{ timeout: 10, token: {Quote(token)} }}");
        string sync = version.IsAtLeast(2, 10) ? ", sync_interval: \"10s\"" : "";
        Line(text, $"jetstream {{ store_dir: {Quote(directory.Store)}, max_mem: 64MB, max_file: 20GB{sync} }}");
        return text.ToString();
    }

    private static string Address(ListenAddress listen)
    {
        string host = listen.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{listen.Address}]" : listen.Address.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{(listen.Port == 0 ? -1 : listen.Port)}");
    }

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
