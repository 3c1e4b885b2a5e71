using System.Security.Authentication;
using Scout.Checks.Probes.Options;

namespace Scout.Checks.Probes.Tls;

/// <summary>The options of trust that <c>tls</c> and <c>http</c> share.</summary>
internal static class TlsOptions
{
    public static readonly OptionInfo Verify = new("verify", OptionForm.Flag, "", "true", "the chain must lead to a trusted root, and the name must fit");
    public static readonly OptionInfo CaFile = new("ca_file", OptionForm.Text, "FILE", "", "PEM certificates to trust instead of those of the system");
    public static readonly OptionInfo MinVersion = new("min_version", OptionForm.Text, "VERSION", "1.2", "the least version of TLS") { Choices = ["1.2", "1.3"] };

    private static readonly (string, SslProtocols)[] Versions = [("1.2", SslProtocols.Tls12), ("1.3", SslProtocols.Tls13)];

    public static readonly OptionInfo[] ClientOptions =
    [
        new("cert", OptionForm.Text, "FILE", "", "certificate in PEM, its chain behind it"),
        new("key", OptionForm.Text, "FILE", "", "key in PEM"),
    ];

    public static TlsSettings Read(OptionReader options, ProbeDefaults defaults, bool withMore)
    {
        bool verify = options.Flag("verify", usual: true);
        string? file = FileName(options, "ca_file", options.Text("ca_file"));
        if (file is not null && !verify) options.Conflict("ca_file", "verify: false", "without verifying nothing is trusted; leave one out");
        return new TlsSettings
        {
            Verify = verify,
            CaFile = file is null ? null : Path.GetFullPath(file, defaults.Folder),
            LeastVersion = withMore ? options.Choice("min_version", Versions, SslProtocols.Tls12) : SslProtocols.Tls12,
            Client = withMore ? Client(options, defaults) : null,
        };
    }

    private static string? FileName(OptionReader options, string key, string? file)
    {
        if (file?.Contains('\0', StringComparison.Ordinal) != true) return file;
        options.Error(key, "bad_value", $"'{key}' is {OptionReader.Quote(file)}, which is no name of a file", "such as /etc/ssl/ca.pem");
        return null;
    }

    private static ClientFiles? Client(OptionReader options, ProbeDefaults defaults)
    {
        if (options.Group("client", "{ cert: node.pem, key: node.key }", ClientOptions) is not { } client) return null;
        string? certificate = FileName(client, "cert", client.RequiredText("cert", "node.pem"));
        string? key = FileName(client, "key", client.RequiredText("key", "node.key"));
        return certificate is null || key is null ? null : new ClientFiles(Path.GetFullPath(certificate, defaults.Folder), Path.GetFullPath(key, defaults.Folder));
    }
}
