using System.Net.Security;
using System.Net.Sockets;

namespace Scout.Checks.Probes.Http;

/// <summary>When the last byte of the request went out and the first of the answer came in.</summary>
internal sealed class WireClock(TimeProvider time)
{
    /// <summary>0: nothing written yet.</summary>
    public long LastWrite { get; private set; }

    /// <summary>0: nothing came yet.</summary>
    public long FirstRead { get; private set; }

    public void Wrote()
    {
        if (FirstRead == 0) LastWrite = time.GetTimestamp();
    }

    public void Read(int bytes)
    {
        if (bytes > 0 && LastWrite != 0 && FirstRead == 0) FirstRead = time.GetTimestamp();
    }
}

/// <summary>A connection in clear text that keeps time.</summary>
internal sealed class TimedNetworkStream(Socket socket, WireClock clock) : NetworkStream(socket, ownsSocket: true)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await base.ReadAsync(buffer, cancellationToken);
        clock.Read(read);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await base.WriteAsync(buffer, cancellationToken);
        clock.Wrote();
    }
}

/// <summary>The same over TLS. The handler takes an <see cref="SslStream"/> as it is and makes no handshake of its own.</summary>
internal sealed class TimedSslStream(Stream inner, WireClock clock) : SslStream(inner)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await base.ReadAsync(buffer, cancellationToken);
        clock.Read(read);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await base.WriteAsync(buffer, cancellationToken);
        clock.Wrote();
    }
}
