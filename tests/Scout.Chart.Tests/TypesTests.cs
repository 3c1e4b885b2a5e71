using Scout.Testing;

namespace Scout.Chart.Tests;

/// <summary>Every object of every case against the types of the API (npm, locked): unknown fields, wrong types, explicit nulls, missing fields.</summary>
public sealed class TypesTests
{
    private static readonly Lazy<(string? Folder, string Reason)> Checker = new(Install);

    [Fact]
    public void Every_object_is_what_the_api_takes()
    {
        using var folder = new TempFolder();
        foreach (string name in Rendering.Cases)
        {
            foreach (string version in Rendering.Versions) File.WriteAllText(Path.Combine(folder.Path, $"{name}-{version}.yaml"), Rendering.Of(name, version).Text);
        }

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
