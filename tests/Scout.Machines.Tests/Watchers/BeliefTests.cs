using Scout.Machines.Watchers;

namespace Scout.Machines.Tests.Watchers;

public sealed class BeliefTests
{
    /// <summary>The sequences of machines.md 7.1 and what follows from its rules. The belief before is given by its first letter, N for fresh.</summary>
    [Theory]
    [InlineData('O', 3, 1, "CCC", "CRITICAL")]
    [InlineData('O', 3, 1, "WCC", "WARNING")]
    [InlineData('O', 3, 1, "CCOC", "OK soft CRITICAL 1/3")]
    [InlineData('O', 3, 1, "CC", "OK soft CRITICAL 2/3")]
    [InlineData('O', 3, 1, "CW", "OK soft WARNING 2/3")]
    [InlineData('O', 3, 1, "CCU", "UNKNOWN")]
    [InlineData('O', 3, 1, "CWU", "WARNING")]
    [InlineData('W', 3, 1, "CWCW", "WARNING")]
    [InlineData('W', 3, 1, "CWC", "WARNING soft CRITICAL 1/3")]
    [InlineData('C', 3, 1, "O", "OK")]
    [InlineData('C', 1, 3, "O", "CRITICAL soft OK 1/3")]
    [InlineData('C', 1, 3, "OWO", "WARNING")]
    [InlineData('C', 1, 3, "OOO", "OK")]
    [InlineData('C', 1, 3, "OUO", "UNKNOWN")]
    [InlineData('C', 1, 3, "OOC", "CRITICAL")]
    [InlineData('W', 2, 3, "OOCC", "CRITICAL")]
    [InlineData('W', 2, 3, "OOCO", "WARNING soft OK 1/3")]
    [InlineData('O', 1, 1, "C", "CRITICAL")]
    [InlineData('O', 1, 1, "CWUO", "OK")]
    [InlineData('N', 3, 3, "O", "OK")]
    [InlineData('N', 3, 1, "C", "fresh soft CRITICAL 1/3")]
    [InlineData('N', 3, 1, "CCC", "CRITICAL")]
    [InlineData('N', 3, 1, "CCO", "OK")]
    [InlineData('N', 1, 1, "U", "UNKNOWN")]
    [InlineData('U', 2, 1, "CC", "CRITICAL")]
    [InlineData('U', 2, 2, "WW", "WARNING")]
    public void A_row_of_results_is_believed_as_the_rules_say(char before, int attempts, int recover, string results, string expected)
    {
        Belief belief = before == 'N' ? Belief.Nothing : new Belief(false, Status(before), 0, 0, CheckStatus.Ok);
        foreach (char c in results) belief = belief.With(Status(c), attempts, recover, out _);
        Assert.Equal(expected, Describe(belief, attempts, recover));
    }

    [Theory]
    [InlineData("C", 1)]
    [InlineData("CC", 2)]
    [InlineData("CCC", 3)]
    [InlineData("CCCC", 1)]
    public void It_says_which_result_of_the_row_this_one_was(string results, int expected)
    {
        Belief belief = new(false, CheckStatus.Ok, 0, 0, CheckStatus.Ok);
        int counted = 0;
        foreach (char c in results) belief = belief.With(Status(c), 3, 1, out counted);
        Assert.Equal(expected, counted);
    }

    [Fact]
    public void While_it_believes_nothing_it_fires_UNKNOWN()
    {
        Belief doubtful = Belief.Nothing.With(CheckStatus.Critical, 3, 1, out _);
        Assert.Equal(CheckStatus.Unknown, doubtful.Fires);
        Assert.Equal(CheckStatus.Ok, doubtful.With(CheckStatus.Ok, 3, 1, out _).Fires);
    }

    [Theory]
    [InlineData(2, 5, 2)]
    [InlineData(4, 5, 4)]
    [InlineData(4, 3, 2)]
    [InlineData(4, 1, 0)]
    public void A_doubt_is_cut_to_new_attempts_but_decides_nothing_by_that(int count, int attempts, int expected)
    {
        var doubtful = new Belief(false, CheckStatus.Ok, 1, count, CheckStatus.Critical);
        Belief cut = doubtful.CutTo(attempts, 1);
        Assert.Equal(expected, cut.Count);
        Assert.Equal(CheckStatus.Ok, cut.Status);
        Assert.Equal(expected == 0 ? 0 : 1, cut.Direction);
    }

    [Fact]
    public void Whatever_comes_a_doubt_stays_below_its_limit_and_a_belief_was_seen()
    {
        var random = new Random(7);
        for (int round = 0; round < 20_000; round++)
        {
            int attempts = random.Next(1, 6);
            int recover = random.Next(1, 6);
            Belief belief = Belief.Nothing;
            int worse = 0;
            for (int i = 0; i < 20; i++)
            {
                var result = (CheckStatus)random.Next(4);
                Belief next = belief.With(result, attempts, recover, out int counted);
                Assert.InRange(next.Count, 0, Math.Max(attempts, recover) - 1);
                Assert.Equal(next.Count == 0, next.Direction == 0);
                Assert.InRange(counted, 1, Math.Max(attempts, recover));
                // Nothing is believed that is worse than the mildest of the last results in a row.
                worse = Severity.Of(result) > Severity.Of(belief.Status) ? worse + 1 : 0;
                if (!next.Fresh && Severity.Of(next.Status) > Severity.Of(belief.Status)) Assert.True(worse >= attempts);
                if (result == CheckStatus.Ok && belief.Fresh) Assert.False(next.Fresh);
                belief = next;
            }
        }
    }

    private static string Describe(Belief belief, int attempts, int recover)
    {
        string believed = belief.Fresh ? "fresh" : Machines.Hosting.MachineView.StatusName(belief.Status);
        return belief.IsHard ? believed : $"{believed} soft {Machines.Hosting.MachineView.StatusName(belief.Extreme)} {belief.Count}/{(belief.Direction > 0 ? attempts : recover)}";
    }

    private static CheckStatus Status(char c) => c switch
    {
        'O' => CheckStatus.Ok,
        'W' => CheckStatus.Warning,
        'C' => CheckStatus.Critical,
        _ => CheckStatus.Unknown,
    };
}
