using System.Diagnostics.CodeAnalysis;
using Scout.Broker.Files;

namespace Scout.Broker.Secure;

/// <summary>What a secure broker starts with, from its directory and the flags.</summary>
internal static class SecureSettings
{
    /// <summary>Reads what <c>scout broker init</c> wrote; a listen address that is given counts more.</summary>
    public static bool TryRead(BrokerOptions options, [NotNullWhen(true)] out BrokerSettings? settings, [NotNullWhen(false)] out BrokerExit? error)
    {
        settings = null;
        error = null;
        var files = new BrokerFiles(Path.GetFullPath(options.Data));
        if (!File.Exists(files.Settings))
        {
            error = BrokerExit.Usage(
                $"{files.Root} is not set up: there is no {files.Settings}",
                $"'scout broker init {files.Root} --host NAME' makes keys, accounts and certificates; 'scout broker run --dev' runs one for this machine alone");
            return false;
        }

        if (!BrokerSettings.TryRead(files.Settings, out settings, out string? why))
        {
            error = BrokerExit.Usage(why, $"'scout broker init {files.Root} --host NAME' writes it anew when the file is taken away");
            return false;
        }

        if (options.Listen is { } listen) settings = settings with { Listen = listen };
        return true;
    }

    public static ExternalCertificate? External(BrokerOptions options) =>
        options is { TlsCertificate: { } certificate, TlsKey: { } key } ? new ExternalCertificate(certificate, key, options.TlsAuthority) : null;
}
