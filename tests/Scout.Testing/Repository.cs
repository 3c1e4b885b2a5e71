namespace Scout.Testing;

/// <summary>Where the checkout is, for tests that read files of the project.</summary>
public static class Repository
{
    /// <summary>Absolute path of the folder that holds <c>Scout.sln</c>.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Scout.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("Scout.sln is not above the test");
    }
}
