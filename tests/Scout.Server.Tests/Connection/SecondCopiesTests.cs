using Scout.Server.Connection;
using Scout.Testing;

namespace Scout.Server.Tests.Connection;

/// <summary>What is nobody's attack when a line takes the place of another, and what is one all the same.</summary>
public sealed class SecondCopiesTests
{
    private readonly ManualTime time = new();
    private readonly SecondCopies copies;

    public SecondCopiesTests() => copies = new SecondCopies(time);

    [Fact]
    public void The_same_message_once_more_while_the_line_is_renewed_is_the_second_copy()
    {
        Renew();
        copies.Accepted("n1", "s", "inbox.1");
        Assert.True(copies.IsSecond("n1", "s", "inbox.1"));
        // A third is no copy of ours.
        Assert.False(copies.IsSecond("n1", "s", "inbox.1"));
    }

    [Fact]
    public void Another_subject_another_answer_and_one_that_was_never_taken_are_replays()
    {
        Renew();
        copies.Accepted("n1", "s", "inbox.1");
        Assert.False(copies.IsSecond("n1", "other", "inbox.1"));
        Assert.False(copies.IsSecond("n1", "s", "inbox.2"));
        Assert.False(copies.IsSecond("n2", "s", "inbox.1"));
    }

    [Fact]
    public void On_one_line_every_repetition_is_a_replay()
    {
        copies.LineOpened();
        copies.Accepted("n1", "s", "inbox.1");
        Assert.False(copies.IsSecond("n1", "s", "inbox.1"));
    }

    [Fact]
    public void A_moment_later_it_is_a_replay_again()
    {
        Renew();
        copies.Accepted("n1", "s", "inbox.1");
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(copies.IsSecond("n1", "s", "inbox.1"));
        copies.Accepted("n2", "s", "inbox.1");
        Assert.False(copies.IsSecond("n2", "s", "inbox.1"));
    }

    [Fact]
    public void A_flood_does_not_make_it_grow_and_the_newest_are_kept()
    {
        Renew();
        for (int i = 0; i < 10_000; i++) copies.Accepted($"n{i}", "s", "inbox.1");
        Assert.True(copies.IsSecond("n9999", "s", "inbox.1"));
        Assert.False(copies.IsSecond("n1", "s", "inbox.1"));
    }

    private void Renew()
    {
        copies.LineOpened();
        time.Advance(TimeSpan.FromDays(5));
        copies.LineOpened();
    }
}
