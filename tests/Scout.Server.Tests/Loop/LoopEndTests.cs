using Scout.Server.Loop;

namespace Scout.Server.Tests.Loop;

/// <summary>Who asks a loop gets an answer, or hears that there will be none.</summary>
public sealed class LoopEndTests
{
    [Fact]
    public async Task A_question_is_answered_on_the_loop()
    {
        var loop = new NodeLoop(TimeProvider.System);
        loop.Start();
        Assert.Equal("scout-loop", await loop.AskAsync(() => Thread.CurrentThread.Name).WaitAsync(TestNode.Patience));
        loop.Stop();
    }

    [Fact]
    public async Task Who_asks_a_loop_that_has_ended_is_told_at_once()
    {
        var loop = new NodeLoop(TimeProvider.System);
        loop.Start();
        loop.Stop();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop.AskAsync(() => 1).WaitAsync(TestNode.Patience));
    }

    [Fact]
    public async Task Who_waits_for_a_loop_that_dies_is_told_at_once()
    {
        Exception? died = null;
        var loop = new NodeLoop(TimeProvider.System) { Failed = error => died = error };
        loop.Post(() => throw new InvalidOperationException("a defect"));
        Task<int> asked = loop.AskAsync(() => 1);
        loop.Start();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(TestNode.Patience));
        Assert.Equal("a defect", died?.Message);
        loop.Stop();
    }
}
