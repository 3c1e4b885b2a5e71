using Scout.Protocol.Events;
using Scout.Auditing;
using Scout.Server.Security.Audit;

namespace Scout.Server.Tests.Security.Audit;

public sealed class AuditFoldsTests
{
    private readonly AuditFolds folds = new();

    [Fact]
    public void The_first_of_a_kind_is_a_row_and_the_others_are_a_number_once_a_minute()
    {
        Assert.NotNull(Take("unproven", "unsigned"));
        for (int i = 0; i < 41; i++) Assert.Null(Take("unproven", "unsigned"));
        Assert.NotNull(Take("unproven", "replay"));
        AuditData told = Assert.Single(folds.Told());
        Assert.Equal((41, "unsigned", ""), (told.Repeated, told.Message, told.Request));
    }

    [Fact]
    public void A_kind_that_did_not_come_again_in_a_minute_begins_anew()
    {
        Take("unproven", "unsigned");
        Take("unproven", "unsigned");
        Assert.Single(folds.Told());
        Assert.Null(Take("unproven", "unsigned"));
        Assert.Single(folds.Told());
        Assert.Empty(folds.Told());
        Assert.NotNull(Take("unproven", "unsigned"));
    }

    [Fact]
    public void Kinds_are_bounded_and_what_finds_no_room_is_counted_together()
    {
        int rows = Enumerable.Range(0, 10_000).Count(i => Take($"dev:u{i}", "busy") is not null);
        Assert.Equal(AuditFolds.Bound + 1, rows);
        AuditData told = Assert.Single(folds.Told());
        Assert.Equal((AuditFolds.Other, 10_000 - AuditFolds.Bound - 1), (told.Caller, told.Repeated));
    }

    private AuditData? Take(string caller, string fault) => folds.Take(
        new AuditData { Caller = caller, Action = "check", Request = "1", Scope = "node", Decision = "refused", Code = "denied", Message = fault }, fault, out _);
}
