using Scout.Nats.Protocol;

namespace Scout.Nats.Tests.Protocol;

public sealed class SubjectsTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a.b.c")]
    [InlineData("$JS.API.INFO")]
    [InlineData("_INBOX.x-y.1")]
    [InlineData("ä.ö")]
    [InlineData("a*b.c")]
    public void One_can_publish_to(string subject)
    {
        if (subject.Contains('*')) Assert.NotNull(Subjects.Check(subject, wildcards: false));
        else Assert.Null(Subjects.Check(subject, wildcards: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a\tb")]
    [InlineData("a\r\nPING")]
    [InlineData("a\u007f")]
    [InlineData("a\0")]
    [InlineData("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q")]
    public void One_can_neither_publish_nor_subscribe_to(string subject)
    {
        Assert.NotNull(Subjects.Check(subject, wildcards: false));
        Assert.NotNull(Subjects.Check(subject, wildcards: true));
    }

    [Theory]
    [InlineData("*")]
    [InlineData(">")]
    [InlineData("a.*.c")]
    [InlineData("a.>")]
    [InlineData("*.*")]
    public void Wildcards_are_for_subscribing(string subject)
    {
        Assert.Null(Subjects.Check(subject, wildcards: true));
        Assert.NotNull(Subjects.Check(subject, wildcards: false));
    }

    [Theory]
    [InlineData("a.>.b")]
    [InlineData("a*")]
    [InlineData("*a")]
    [InlineData("a.b>")]
    [InlineData("**")]
    public void Wildcards_are_whole_tokens_and_the_tail_is_last(string subject) => Assert.NotNull(Subjects.Check(subject, wildcards: true));

    [Fact]
    public void A_subject_has_255_bytes_at_most()
    {
        Assert.Null(Subjects.Check(new string('a', 255), wildcards: false));
        Assert.NotNull(Subjects.Check(new string('a', 256), wildcards: false));
        Assert.NotNull(Subjects.Check(new string('€', 86), wildcards: false));
    }

    [Fact]
    public void An_error_does_not_print_control_characters() =>
        Assert.Contains("'a?[31m'", Assert.Throws<ArgumentException>(() => Subjects.ThrowUnlessPublishable("a\u001b[31m")).Message);
}
