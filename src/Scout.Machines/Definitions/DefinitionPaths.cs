namespace Scout.Machines.Definitions;

/// <summary>Which paths of a machine directory are definitions (machines.md 4.1). Pure; whoever lists the folder follows links.</summary>
public static class DefinitionPaths
{
    /// <summary>A file that defines machines: <c>anything.yaml</c>, <c>anything.yml</c> or <c>name/machine.yaml</c>, nothing deeper.</summary>
    /// <param name="relativePath">From the machine directory, with <c>/</c>.</param>
    public static bool IsDefinition(string relativePath)
    {
        int slash = relativePath.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return IsYaml(relativePath) && !IsIgnored(relativePath);
        return relativePath[(slash + 1)..] == "machine.yaml" && IsFolder(relativePath[..slash]);
    }

    /// <summary>A folder that may hold a <c>machine.yaml</c>.</summary>
    public static bool IsFolder(string name) => name.Length > 0 && !IsIgnored(name) && !name.Contains('/', StringComparison.Ordinal);

    /// <summary>A scenario test (machines.md 11.1).</summary>
    public static bool IsTest(string name) =>
        name.EndsWith(".test.yaml", StringComparison.Ordinal) || name.EndsWith(".test.yml", StringComparison.Ordinal);

    /// <summary>The definitions of a listing, in the order in which they are read.</summary>
    public static IReadOnlyList<string> Select(IEnumerable<string> relativePaths)
    {
        var paths = relativePaths.Where(IsDefinition).ToList();
        paths.Sort(string.CompareOrdinal);
        return paths;
    }

    private static bool IsYaml(string name) => name.EndsWith(".yaml", StringComparison.Ordinal) || name.EndsWith(".yml", StringComparison.Ordinal);

    private static bool IsIgnored(string name)
    {
        if (name == "tmp" || name[0] == '.' || IsTest(name)) return true;
        foreach (string end in (ReadOnlySpan<string>)["~", "-temp", ".bak", ".swp", ".tmp", ".rpmsave", ".rpmnew"])
        {
            if (name.EndsWith(end, StringComparison.Ordinal)) return true;
        }

        return name.Contains(".dpkg-", StringComparison.Ordinal);
    }
}
