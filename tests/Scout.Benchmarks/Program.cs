using Scout.Benchmarks.Mesh;
using Scout.Benchmarks.Nats;
using Scout.Benchmarks.Node;
using Scout.Benchmarks.Probe;
using Scout.Benchmarks.Security;
using Scout.Benchmarks.Spawn;
using Scout.Benchmarks.Store;
using Scout.Benchmarks.Traffic;

// Each benchmark prints its table and, last, one JSON line. Exit codes: 0 done, 1 a gate failed or it broke, 2 usage, 77 skipped with a reason.
// A name with a leading underscore is a helper process of a benchmark, not a benchmark.
Dictionary<string, Func<string[], Task<int>>> benchmarks = new(StringComparer.Ordinal)
{
    ["mesh"] = MeshBenchmark.RunAsync,
    ["mesh-localise"] = LocaliseBenchmark.RunAsync,
    ["mesh-sim"] = MeshSimBenchmark.RunAsync,
    ["meshnode"] = MeshNodeBenchmark.RunAsync,
    ["nats"] = NatsBenchmark.RunAsync,
    ["node"] = NodeBenchmark.RunAsync,
    ["probe"] = ProbeBenchmark.RunAsync,
    ["secure"] = SecureBenchmark.RunAsync,
    ["spawn"] = SpawnBenchmark.RunAsync,
    ["store"] = StoreBenchmark.RunAsync,
    ["traffic"] = TrafficBenchmark.RunAsync,
    ["_mesh"] = MeshWorker.RunAsync,
    ["_probe"] = ProbeWorker.RunAsync,
    ["_meshpeers"] = MeshPeersWorker.RunAsync,
    ["_spawn"] = SpawnWorker.RunAsync,
};

if (args.Length > 0 && args[0].StartsWith('_')) return benchmarks.TryGetValue(args[0], out Func<string[], Task<int>>? helper) ? await helper(args[1..]) : 2;

string[] names = [.. benchmarks.Keys.Where(name => !name.StartsWith('_')).Order(StringComparer.Ordinal)];
string[] wanted = args.Length == 0 ? names : [.. args.TakeWhile(argument => !argument.StartsWith('-'))];
string[] options = args[Math.Min(args.Length, args.Length == 0 ? 0 : wanted.Length)..];
int worst = 0;
foreach (string name in wanted)
{
    if (!benchmarks.TryGetValue(name, out Func<string[], Task<int>>? run) || name.StartsWith('_'))
    {
        await Console.Error.WriteLineAsync($"no benchmark '{name}'; there are: {string.Join(' ', names)}");
        return 2;
    }

    Console.WriteLine($"== {name}");
    int code = await run(options);
    if (code != 0 && code != 77) worst = 1;
}

return worst;
