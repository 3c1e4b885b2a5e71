using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Scout.Chart.Tests;

/// <summary>The chart with the values of one of <c>ci/*-values.yaml</c>, for one version of Kubernetes. Each is rendered once.</summary>
internal sealed class Rendering
{
    private static readonly ConcurrentDictionary<(string, string), Lazy<Rendering>> All = new();

    private Rendering(string text)
    {
        Text = text;
        Objects = [.. YamlText.ReadAll(text).Select(static node => node.AsObject())];
    }

    public static IReadOnlyList<string> Versions { get; } = ["1.25", "1.32", "1.36"];

    public static IReadOnlyList<string> Cases { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(HelmTool.Chart, "ci"), "*-values.yaml").Select(static file => Path.GetFileName(file)[..^"-values.yaml".Length]).Order(StringComparer.Ordinal)];

    public string Text { get; }

    public IReadOnlyList<JsonObject> Objects { get; }

    public static Rendering Of(string name, string version = "1.32") => All.GetOrAdd((name, version), static key => new Lazy<Rendering>(() => With("scout", key.Item2, "--values", ValuesOf(key.Item1)))).Value;

    public static Rendering With(string release, string version, params IEnumerable<string> more) => new(HelmTool.Template(release, version, more));

    public static string ValuesOf(string name) => Path.Combine(HelmTool.Chart, "ci", $"{name}-values.yaml");

    public IEnumerable<JsonObject> OfKind(string kind) => Objects.Where(one => (string?)one["kind"] == kind);

    /// <summary>Every pod or template of pods: its component, labels and specification.</summary>
    public IEnumerable<PodShape> Pods()
    {
        foreach (JsonObject one in Objects)
        {
            JsonNode? pod = (string?)one["kind"] switch
            {
                "Pod" => one,
                "DaemonSet" or "StatefulSet" or "Deployment" or "Job" => one["spec"]!["template"],
                _ => null,
            };
            if (pod is not null) yield return new PodShape((string)one["kind"]!, one, pod["metadata"]!["labels"]!.AsObject(), pod["spec"]!.AsObject());
        }
    }
}

/// <param name="Kind">Of the object that it stands in.</param>
/// <param name="Owner">That object.</param>
internal sealed record PodShape(string Kind, JsonObject Owner, JsonObject Labels, JsonObject Spec)
{
    public string Component => (string)Labels["app.kubernetes.io/component"]!;

    public IEnumerable<JsonObject> Containers => ((JsonArray?)Spec["initContainers"] ?? []).Concat((JsonArray)Spec["containers"]!).Select(static one => one!.AsObject());
}
