using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Simulated;

/// <summary>Machines of all kinds that look at, follow and hinder each other.</summary>
internal static class Zoo
{
    /// <summary>About twenty machines; the variant changes some of them, as an edit would.</summary>
    public static List<MachineDefinition> Make(int variant = 0, bool windows = true)
    {
        var all = new List<MachineDefinition>
        {
            Simulated.Make.Check("gateway", check => check with { Attempts = 2, Interval = TimeSpan.FromSeconds(30) }),
            Simulated.Make.Check("beat", check => check with { Subject = new BuiltinSubject("heartbeat") }),
            Simulated.Make.Check("mended", check => check with { Attempts = 1 + (variant % 3), RecoverAttempts = 2 }, null, Simulated.Make.Remediate()),
            Simulated.Make.Check("hasty", check => check with { Attempts = 1, Interval = TimeSpan.FromSeconds(5), RetryInterval = TimeSpan.FromSeconds(1) }, null,
                Simulated.Make.Remediate(exec => exec with { Interval = TimeSpan.FromMinutes(1), Cooldown = TimeSpan.FromMinutes(1), MaxRuns = 2, Per = TimeSpan.FromMinutes(30), StateMatch = ["CRITICAL", "WARNING"] })),
            Simulated.Make.Check("lonely", check => check with { Interval = null, RetryInterval = null }),
        };
        for (int i = 0; i < 5; i++)
        {
            int n = i;
            all.Add(Simulated.Make.Check($"child{n}", check => check with { Attempts = 1 + n, Flapping = n == 4 ? null : new FlappingLimits(25, 30), Events = (EventDetail)(n % 3) },
                machine => machine with { DependsOn = n == 0 ? ["gateway"] : ["gateway", $"child{n - 1}"], SplayStart = TimeSpan.FromSeconds(n * 7) }));
        }

        if (windows)
        {
            all.Add(Simulated.Make.Check("nightly", check => check with { Interval = TimeSpan.FromMinutes(5), AnnounceInterval = TimeSpan.FromMinutes(7) }, machine => machine with
            {
                MaintenanceWindows = [new MaintenanceWindow { Start = new TimeOnly(1, 0), Duration = TimeSpan.FromHours(2) }, new MaintenanceWindow { Start = new TimeOnly(2, 30), Duration = TimeSpan.FromHours(1 + (variant % 2)) }],
            }));
        }

        all.Add(Web("web", variant));
        all.Add(Follower("follower"));
        all.Add(Loop("loop-a", new Subscription("loop-b", "back"), new Subscription("loop-b", "go")));
        all.Add(Loop("loop-b", new Subscription("loop-a", "go"), new Subscription("loop-a", "back")));
        all.Add(Watchful("watchful", variant));
        if (variant % 4 == 1) all.RemoveAll(machine => machine.Name is "child2" or "web");
        if (variant % 5 == 2) all.RemoveAll(machine => machine.Name is "gateway" or "follower");
        return all;
    }

    public static MachineDefinition Web(string name, int variant = 0) => Simulated.Make.Of(name, Simulated.Make.Table("RUNNING",
        Simulated.Make.To("failed", ["RUNNING"], "RESTARTING"),
        Simulated.Make.To("restarted", ["RESTARTING"], "RUNNING"),
        Simulated.Make.To("stuck", ["RESTARTING"], "BROKEN"),
        Simulated.Make.To("repaired", ["BROKEN"], "RUNNING"),
        Simulated.Make.To("MAINTENANCE", ["RUNNING", "RESTARTING", "BROKEN"]),
        Simulated.Make.To("RESUME", ["MAINTENANCE"], "RUNNING")),
    [
        new ExecWatcher { Name = "alive", Command = Simulated.Make.Command("./alive.sh"), Interval = TimeSpan.FromSeconds(30), StateMatch = ["RUNNING"], FailTransition = "failed" },
        new ExecWatcher { Name = "restart", Command = Simulated.Make.Command("./restart.sh"), Interval = TimeSpan.FromSeconds(20), StateMatch = ["RESTARTING"], SuccessTransition = "restarted", Timeout = TimeSpan.FromSeconds(30 + variant) },
        new TimerWatcher { Name = "patience", Timer = TimeSpan.FromSeconds(50), StateMatch = ["RESTARTING"], FailTransition = "stuck" },
    ], machine => machine with { RestartsInitial = variant % 2 == 1 });

    private static MachineDefinition Follower(string name) => Simulated.Make.Of(name, Simulated.Make.Table("UP",
        Simulated.Make.To("down", ["UP"], "DOWN", new Subscription("web", "failed"), new Subscription("gateway", "CRITICAL")),
        Simulated.Make.To("up", ["DOWN"], "UP", new Subscription("web", "restarted"))),
    [
        new ExecWatcher { Name = "cure", Command = Simulated.Make.Command("cure"), StateMatch = ["DOWN"], SuccessTransition = "up", ForeignStates = [new ForeignState("gateway", "OK")], GatherInitialState = true },
        new TimerWatcher { Name = "wait", Timer = TimeSpan.FromMinutes(3), StateMatch = ["DOWN"], FailTransition = "up" },
    ]);

    /// <summary>Two of them chase each other for ever.</summary>
    private static MachineDefinition Loop(string name, Subscription go, Subscription back) => Simulated.Make.Of(name, Simulated.Make.Table("A",
        Simulated.Make.To("go", ["A"], "B", go),
        Simulated.Make.To("back", ["B"], "A", back)),
    [
        new TimerWatcher { Name = "kick", Timer = TimeSpan.FromHours(2), StateMatch = ["A"], FailTransition = "go" },
    ]);

    private static MachineDefinition Watchful(string name, int variant) => Simulated.Make.Of(name, Simulated.Make.Table("DAY",
        Simulated.Make.To("dusk", ["DAY", "NIGHT"], "NIGHT"),
        Simulated.Make.To("dawn", ["NIGHT", "DAY"], "DAY")),
    [
        new ScheduleWatcher { Name = "sun", Schedules = [Cron("0 20 * * *")], Duration = TimeSpan.FromHours(10), SuccessTransition = "dusk", FailTransition = "dawn" },
        new FileWatcher { Name = "file", Path = "/etc/hosts", Interval = TimeSpan.FromSeconds(20 + variant), GatherInitialState = true },
        new MetricWatcher { Name = "numbers", Command = Simulated.Make.Command("numbers"), Interval = TimeSpan.FromMinutes(1), Store = true },
    ]);

    public static CronSchedule Cron(string line) => CronSchedule.TryParse(line, out CronSchedule schedule, out SyntaxError error) ? schedule : throw new ArgumentException(error.Message);
}
