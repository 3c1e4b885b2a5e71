using System.Buffers;
using System.Text.Json;
using Scout.Nats.Protocol;

namespace Scout.Nats.Connection;

/// <summary>Makes the CONNECT line.</summary>
internal static class ConnectMessage
{
    private static readonly string Version = typeof(ConnectMessage).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    // verbose and pedantic default to true when left out; without protocol 1 no later INFO comes.
    public static byte[] Create(NatsOpts opts, ServerAddress address, Login login, ServerInfo info, bool tls)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("verbose", false);
            writer.WriteBoolean("pedantic", false);
            writer.WriteBoolean("tls_required", tls);
            writer.WriteString("name", opts.Name);
            writer.WriteString("lang", "dotnet");
            writer.WriteString("version", Version);
            writer.WriteNumber("protocol", 1);
            writer.WriteBoolean("echo", opts.Echo);
            writer.WriteBoolean("headers", true);
            writer.WriteBoolean("no_responders", true);
            login.Write(writer, address, info, tls);
            writer.WriteEndObject();
        }

        return FrameWriter.Connect(json.WrittenSpan);
    }
}
