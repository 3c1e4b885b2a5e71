using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Broker.Provisioning;
using Scout.Nats;
using Scout.Protocol.Events;
using Scout.Testing;

namespace Scout.Broker.Tests.Provisioning;

/// <summary>What the provisioner's audit keeps when somebody tries to fill it.</summary>
public sealed class ProvisioningRecordTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly List<string> lines = [];
    private readonly ProvisioningRecord record;

    public ProvisioningRecordTests() =>
        record = new ProvisioningRecord(static () => throw new NatsException("there is no line"), line => lines.Add(Encoding.UTF8.GetString(line)), NullLogger.Instance, time);

    [Fact]
    public void A_flood_of_refusals_with_a_spent_token_is_one_row_and_a_count_a_minute()
    {
        for (int i = 0; i < 5000; i++) record.Audit(Row("web-1", "UKEY", "refused", "token_used"));
        Assert.Single(lines);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, lines.Count);
        Assert.Contains("4999", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_under_ever_new_names_and_keys_stays_bounded_too()
    {
        for (int i = 0; i < 5000; i++) record.Audit(Row($"web-{i}", $"UKEY{i}", "refused", "bad_proof"));
        Assert.InRange(lines.Count, 1, 200);
    }

    [Fact]
    public void What_was_allowed_and_what_admins_asked_stands_there_row_by_row()
    {
        for (int i = 0; i < 300; i++) record.Audit(Row($"web-{i}", $"UKEY{i}", "allowed", "ok"));
        for (int i = 0; i < 300; i++) record.Audit(Row("alice", "UALICE", "refused", "conflict") with { Role = "admin" });
        Assert.Equal(600, lines.Count);
    }

    public void Dispose() => record.Dispose();

    private static AuditData Row(string caller, string key, string decision, string code) => new()
    {
        Caller = caller,
        Key = key,
        Role = "node",
        Action = "enroll",
        Request = "",
        Scope = "all",
        Decision = decision,
        Code = code,
    };
}
