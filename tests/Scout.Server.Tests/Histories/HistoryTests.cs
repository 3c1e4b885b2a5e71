using System.Globalization;

namespace Scout.Server.Tests.Histories;

/// <summary>Random lives of a whole node in virtual time: whatever happens, the laws of <see cref="HistoryChecker"/> hold (reliability.md R15). <c>SCOUT_SEED</c> repeats one.</summary>
[Trait("fault", "R15")]
public sealed class HistoryTests(ITestOutputHelper output)
{
    private static readonly bool Extended = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended";
    private static readonly int Steps = Extended ? 3_000 : 1_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_happens_to_node_store_stream_and_clients_the_laws_hold(bool clockSteps)
    {
        int first = int.TryParse(Environment.GetEnvironmentVariable("SCOUT_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 1;
        int seeds = given > 0 ? 1 : int.TryParse(Environment.GetEnvironmentVariable("SCOUT_SEEDS"), CultureInfo.InvariantCulture, out int many) ? many : Extended ? 100 : 4;
        int crashes = 0, answered = 0, transitions = 0;
        for (int seed = first; seed < first + seeds; seed++)
        {
            using var history = new History(seed, clockSteps);
            try
            {
                for (int step = 0; step < Steps; step++) history.Next();
                history.Rest();
            }
            catch (Exception broken) when (broken is not OutOfMemoryException)
            {
                Assert.Fail($"SCOUT_SEED={seed}, clock stepped: {clockSteps}: {broken}");
            }

            crashes += history.Crashes;
            answered += history.Checker.Answered;
            transitions += history.Checker.Transitions;
        }

        output.WriteLine($"{seeds} seeds x {Steps} steps: {crashes} crashes, {answered} commands answered ok, {transitions} transitions");
        Assert.True(crashes > seeds * 20 && answered > seeds * 50 && transitions > seeds * 100, $"{crashes} crashes, {answered} answers, {transitions} transitions");
    }
}
