using Scout.Protocol.Security.Roles;

namespace Scout.Protocol.Tests.Security.Roles;

public sealed class SubjectPatternTests
{
    [Theory]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.b", "a.c", false)]
    [InlineData("a.b", "a", false)]
    [InlineData("a.b", "a.b.c", false)]
    [InlineData("a.*", "a.b", true)]
    [InlineData("a.*", "a.*", true)]
    [InlineData("a.*", "a.>", false)]
    [InlineData("a.*", "a.b.c", false)]
    [InlineData("a.b", "a.*", false)]
    [InlineData("a.>", "a.b.c", true)]
    [InlineData("a.>", "a.*.c", true)]
    [InlineData("a.>", "a.>", true)]
    [InlineData("a.>", "a", false)]
    [InlineData("*.b", "a.b", true)]
    [InlineData("*.b", ">", false)]
    [InlineData(">", "a.b", true)]
    [InlineData(">", ">", true)]
    [InlineData("*", ">", false)]
    public void A_right_covers_what_lies_in_it(string pattern, string subject, bool covered) => Assert.Equal(covered, SubjectPattern.Covers(pattern, subject));

    [Fact]
    public void An_example_is_covered_by_its_pattern()
    {
        foreach (RoleTemplate role in RoleTemplates.All)
        {
            foreach (string subject in role.Publish.Concat(role.Subscribe)) Assert.True(SubjectPattern.Covers(subject, SubjectPattern.Example(subject, "x")), subject);
        }
    }
}
