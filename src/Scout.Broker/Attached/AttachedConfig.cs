using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Keys;
using Scout.Broker.Secure;

namespace Scout.Broker.Attached;

/// <summary><c>scout broker config --out</c>: everything that a nats-server in a container of its own reads, before it starts (an init container's work).</summary>
public static class AttachedConfig
{
    /// <summary>Writes it.</summary>
    /// <returns>Lines for people, or what is wrong.</returns>
    public static async Task<(IReadOnlyList<string>? Done, BrokerExit? Error)> WriteAsync(AttachedOptions options, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            (AttachedSetup? setup, BrokerExit? error) = await AttachedSetup.OpenAsync(options, time, cancellation);
            if (setup is null) return (null, error);
            using var secure = new SecureBroker(setup.Configuration, setup.Settings, setup.External, new BrokerState(), NullLogger.Instance, time);
            if (await secure.PrepareAsync() is { } unprepared) return (null, unprepared);
            options.Write();
            return ([$"{setup.Files.Config}: start nats-server with '-c' on it", $"nodes are told {setup.Settings.UrlList}"], null);
        }
        catch (BrokerKeyException failure)
        {
            return (null, failure.ToExit());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            return (null, BrokerExit.Refused($"{options.Data} cannot be made ready: {failure.Message}"));
        }
    }
}
