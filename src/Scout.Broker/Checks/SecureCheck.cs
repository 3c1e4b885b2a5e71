using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Configuration;
using Scout.Broker.Files;
using Scout.Broker.Keys;

namespace Scout.Broker.Checks;

/// <summary>Rows of <c>scout broker check</c> about keys, certificate and rights. Reads only.</summary>
internal static class SecureCheck
{
    public static IReadOnlyList<BrokerCheckRow> Look(BrokerDirectory directory, BrokerSettings settings, TimeProvider time)
    {
        List<BrokerCheckRow> rows = [];
        var files = new BrokerFiles(directory.Root);
        DateTimeOffset now = time.GetUtcNow();
        rows.Add(Row("keys", () =>
        {
            var authority = new AccountAuthority(BrokerKeyring.Open(files.Root), time);
            string fleet = authority.Keys.Fleet;
            IReadOnlyList<string> differ = authority.TemplatesThatDiffer();
            return differ.Count == 0
                ? new BrokerCheckRow("keys", Ok: true, $"fleet {fleet}, trust document {authority.Trust.Current.Serial}", "")
                : new BrokerCheckRow("keys", Ok: false, $"rights of {string.Join(", ", differ)} are those of another version of Scout", "'scout broker config --apply' brings them up to date, and reconnects their holders");
        }));
        rows.Add(Row("certificate", () =>
        {
            if (!ServerCertificate.TryRead(files.Server, files.ServerKey, out ServerCertificate? certificate, out string? why)) return new BrokerCheckRow("certificate", Ok: false, why, $"'scout broker init {files.Root}' makes a new one");
            string? unfit = certificate.WhyUnfit(settings.Hosts, authority: null, now);
            return unfit is null
                ? new BrokerCheckRow("certificate", Ok: true, $"for {string.Join(", ", settings.Hosts)}, until {certificate.NotAfter.UtcDateTime:yyyy-MM-dd}", "")
                : new BrokerCheckRow("certificate", Ok: false, unfit, $"'scout broker init {files.Root}' makes a new one");
        }));
        return rows;
    }

    private static BrokerCheckRow Row(string check, Func<BrokerCheckRow> look)
    {
        try
        {
            return look();
        }
        catch (BrokerKeyException failure)
        {
            return new BrokerCheckRow(check, Ok: false, failure.Message, failure.Hint);
        }
    }
}
