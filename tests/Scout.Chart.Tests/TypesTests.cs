using System.Text.Json.Nodes;
using Scout.Testing;

namespace Scout.Chart.Tests;

/// <summary>Every object of every case against the types of the API (npm, locked): unknown fields, wrong types, explicit nulls, missing fields.</summary>
public sealed class TypesTests
{
    private static readonly Lazy<(string? Folder, string Reason)> Checker = new(Install);

    [Fact]
    public void Every_object_and_a_deployment_with_the_patch_of_the_sidecar_is_what_the_api_takes()
    {
        using var folder = new TempFolder();
        foreach (string name in Rendering.Cases)
        {
            foreach (string version in Rendering.Versions) File.WriteAllText(Path.Combine(folder.Path, $"{name}-{version}.yaml"), Rendering.Of(name, version).Text);
        }

        // And a Deployment of somebody else with the patch of the sidecar, as `kubectl patch` leaves it.
        File.WriteAllText(Path.Combine(folder.Path, "patched-1.25.yaml"), Patched("1.25", "containers"));
        File.WriteAllText(Path.Combine(folder.Path, "patched-1.36.yaml"), Patched("1.36", "initContainers"));

        (int code, string output, string errors) = Check(folder.Path);

        Assert.True(code == 0, output + errors);
        Assert.Contains("without a model: cert-manager.io/v1 Certificate", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_does_not_exist_and_one_of_a_wrong_type_are_found()
    {
        using var folder = new TempFolder();
        File.WriteAllText(Path.Combine(folder.Path, "bad.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\ndatum: { a: b }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: two }\ndata: { a: 1 }\n");

        (int code, string output, _) = Check(folder.Path);

        Assert.Equal(1, code);
        Assert.Contains("ConfigMap one", output, StringComparison.Ordinal);
        Assert.Contains("ConfigMap two", output, StringComparison.Ordinal);
    }

    private static string Patched(string version, string list)
    {
        JsonObject map = Rendering.Of("sidecar", version).OfKind("ConfigMap").Single(static one => (string?)one["metadata"]!["name"] == "scout-sidecar");
        JsonNode deployment = JsonNode.Parse("""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop"},"spec":{"selector":{"matchLabels":{"app":"shop"}},"template":{"metadata":{"labels":{"app":"shop"}},
            "spec":{"containers":[{"name":"shop","image":"registry.example.org/shop:1"}],"volumes":[{"name":"own","emptyDir":{}}]}}}}
            """)!;
        Merge(deployment.AsObject(), YamlText.Read((string)map["data"]!["patch.yaml"]!).AsObject());
        JsonNode pod = deployment["spec"]!["template"]!["spec"]!;
        Assert.Equal("shop", (string?)pod["containers"]![0]!["name"]);
        Assert.Contains(pod[list]!.AsArray(), static one => (string?)one!["name"] == "scout");
        Assert.Contains(pod["volumes"]!.AsArray(), static one => (string?)one!["name"] == "own");
        return deployment.ToJsonString();
    }

    /// <summary>A strategic merge, as far as pods need it: lists are merged by name.</summary>
    private static void Merge(JsonObject into, JsonObject patch)
    {
        foreach ((string key, JsonNode? value) in patch)
        {
            if (value is JsonObject map && into[key] is JsonObject below)
            {
                Merge(below, map);
            }
            else if (value is JsonArray list && into[key] is JsonArray there)
            {
                foreach (JsonNode? one in list)
                {
                    if (there.FirstOrDefault(other => (string?)other!["name"] == (string?)one!["name"]) is JsonObject same) Merge(same, one!.AsObject());
                    else there.Add(one!.DeepClone());
                }
            }
            else
            {
                into[key] = value?.DeepClone();
            }
        }
    }

    private static (int Code, string Output, string Errors) Check(string folder)
    {
        if (Checker.Value.Folder is not { } checker) throw SkipTestException.Because(Checker.Value.Reason, "SCOUT_REQUIRE_TYPES");
        return Programs.Run("node", [Path.Combine(checker, "check.mjs"), folder], TimeSpan.FromMinutes(5));
    }

    private static (string? Folder, string Reason) Install()
    {
        string source = Path.Combine(Repository.Root, "tests", "Scout.Chart.Tests", "types");
        string folder = Path.Combine(Repository.Root, "artifacts", "chart-types");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(source)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        // What npm installed it says in a lock of its own; younger than ours: nothing to do.
        string installed = Path.Combine(folder, "node_modules", ".package-lock.json");
        if (File.Exists(installed) && File.GetLastWriteTimeUtc(installed) >= File.GetLastWriteTimeUtc(Path.Combine(source, "package-lock.json"))) return (folder, "");
        try
        {
            (int code, _, string errors) = Programs.Run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], TimeSpan.FromMinutes(3), folder);
            return code == 0 ? (folder, "") : (null, $"npm could not install the types: {errors.Split('\n')[0]}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "there is no npm");
        }
    }
}
