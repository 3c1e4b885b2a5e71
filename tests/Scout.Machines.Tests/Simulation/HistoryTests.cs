using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;

namespace Scout.Machines.Tests.Simulated;

/// <summary>Random lives of nodes in virtual time: whatever happens, the invariants hold (reliability.md R10, R12, R15).</summary>
[Trait("fault", "R10")]
[Trait("fault", "R15")]
public sealed class HistoryTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Whatever_happens_to_a_node_the_invariants_hold(int seed)
    {
        long steps = 0;
        for (int life = 0; life < 10; life++) steps += Live((seed * 1000) + life, clockSteps: false, hours: 18);
        output.WriteLine($"{steps} steps");
        // Six seeds together make more than two million.
        Assert.True(steps > 335_000, $"only {steps} steps");
    }

    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    public void A_clock_that_is_stepped_breaks_none_of_them(int seed)
    {
        for (int life = 0; life < 10; life++) Live((seed * 1000) + life, clockSteps: true, hours: 8);
    }

    [Fact]
    public void The_same_seed_gives_the_same_tape()
    {
        var first = new List<string>();
        var second = new List<string>();
        Live(42, clockSteps: false, hours: 6, first);
        Live(42, clockSteps: false, hours: 6, second);
        Assert.NotEmpty(first);
        Assert.Equal(first, second);
    }

    private static long Live(int seed, bool clockSteps, int hours, List<string>? tape = null)
    {
        var simulation = new Simulation(seed);
        Random random = simulation.Random;
        int variant = 0;
        SimulatedNode node = simulation.AddNode("node1", Zoo.Make(variant));
        var invariants = new Invariants(simulation, node, seed, clockIsHonest: !clockSteps);
        var moods = new Dictionary<string, int>();
        node.Answers = request => invariants.Ends(request, AnswerFor(request, random, moods));
        node.Start();
        simulation.Settle();
        long end = TimeSpan.FromHours(hours).Ticks;
        while (simulation.Time.Now < end)
        {
            simulation.Advance(TimeSpan.FromMilliseconds(random.Next(1, 90_000)));
            // Right after a step of the clock nobody can have noticed it; all else holds at once.
            if (clockSteps) invariants.AtRest();
            Disturb(simulation, node, invariants, random, ref variant, clockSteps);
            simulation.Settle();
            if (!clockSteps) invariants.AtRest();
        }

        tape?.AddRange(invariants.Tape);
        Assert.True(invariants.Transitions > 100, $"seed {seed}: only {invariants.Transitions} transitions");
        return simulation.Steps;
    }

    private static void Disturb(Simulation simulation, SimulatedNode node, Invariants invariants, Random random, ref int variant, bool clockSteps)
    {
        switch (random.Next(clockSteps ? 40 : 36))
        {
            case 0 or 1:
                node.Crash();
                invariants.Crashed();
                simulation.Advance(TimeSpan.FromSeconds(random.Next(3) * random.Next(400)));
                node.Start();
                break;
            case 2:
                variant = random.Next(20);
                node.Apply(Zoo.Make(variant), random.Next(2) == 0 ? null : new Dictionary<string, string> { ["mended"] = "machines/x.yaml:1:1: error" });
                break;
            case 3:
                node.FailStore();
                break;
            case 4 or 5 or 6:
                if (!node.CanCommit) node.RecoverStore();
                break;
            case < 24:
                Command(simulation, node, invariants, random);
                break;
            case 36 or 37:
                simulation.Time.StepWall(TimeSpan.FromSeconds(random.Next(-7200, 7200)));
                break;
            case 38:
                simulation.Time.StepWall(TimeSpan.FromHours(8));
                break;
            case 39:
                simulation.Time.StepWall(TimeSpan.FromDays(3650 * (random.Next(2) == 0 && simulation.Time.GetUtcNow().Year > 2025 ? -1 : 1)));
                break;
            default:
                break;
        }
    }

    private static void Command(Simulation simulation, SimulatedNode node, Invariants invariants, Random random)
    {
        IReadOnlyList<MachineView> views = node.Host.Views();
        MachineView view = views[random.Next(views.Count)];
        var kind = (CommandKind)random.Next(5);
        string request = $"request-{simulation.Steps}-{random.Next()}";
        invariants.Requested(request);
        CommandReply reply = node.Execute(new MachineCommand
        {
            Kind = kind,
            Machine = view.Name,
            Caller = "anna",
            RequestId = request,
            Reason = "because",
            Transition = view.Definition.Table.Transitions[random.Next(view.Definition.Table.Transitions.Length)].Name,
            Until = random.Next(4) == 0 ? null : simulation.Time.GetUtcNow() + TimeSpan.FromSeconds(random.Next(1, 3600)),
        });
        if (!node.CanCommit) Assert.Equal(CommandCode.Unavailable, reply.Code);
    }

    private static Answer AnswerFor(RunRequest request, Random random, Dictionary<string, int> moods)
    {
        // A machine has a mood that lasts for some runs, so that beliefs are reached as well as doubts.
        int mood = moods.GetValueOrDefault(request.Machine);
        if (random.Next(6) == 0) mood = random.Next(5);
        moods[request.Machine] = mood;
        var takes = TimeSpan.FromMilliseconds(random.Next(10) == 0 ? random.Next(20_000) : random.Next(200));
        return request.Kind switch
        {
            RunKind.Plugin => (mood switch { 0 or 4 => Answer.Ok, 1 => Answer.Warning, 2 => Answer.Critical, _ => random.Next(8) == 0 ? Answer.Hang : Answer.Unknown }) with { Takes = takes },
            RunKind.File => mood == 3 ? Answer.FileMissing : Answer.FileLike(mood),
            RunKind.Metric => Answer.Exit(mood == 3 ? 1 : 0, """{"metrics": {"a": 1}}""") with { Takes = takes },
            _ => (mood == 0 ? Answer.Success : Answer.Failure) with { Takes = takes },
        };
    }
}
