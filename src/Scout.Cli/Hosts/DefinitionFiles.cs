using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Machines.Definitions;
using Scout.Server.Definitions;

namespace Scout.Cli.Hosts;

/// <summary>Finds and reads definitions and tests for the tools, as a node would (machines.md 4.1).</summary>
internal static class DefinitionFiles
{
    private const int Largest = 1024 * 1024;

    public static IDefinitionSyntax Syntax => DefinitionSyntax.Instance;

    /// <summary>The definitions of files and folders, in ordinal order of their paths.</summary>
    /// <param name="context">The call.</param>
    /// <param name="paths">As typed; findings name files that way.</param>
    /// <param name="overFolder">True when a folder was among them.</param>
    /// <exception cref="CliException">A path that cannot be read.</exception>
    public static IReadOnlyList<DefinitionFile> Read(CommandContext context, IReadOnlyList<string> paths, out bool overFolder)
    {
        overFolder = false;
        var files = new List<string>();
        foreach (string path in paths)
        {
            string absolute = context.Path(path);
            if (Directory.Exists(absolute))
            {
                overFolder = true;
                files.AddRange(DefinitionPaths.Select(List(context, path, Names)).Select(name => Path.Combine(path, name)));
            }
            else
            {
                files.Add(path);
            }
        }

        return [.. files.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(file => ReadOne(context, file))];
    }

    /// <summary>One definition file; what is wrong with it stands in its findings.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static DefinitionFile ReadOne(CommandContext context, string path)
    {
        DefinitionFile file = DefinitionReader.Read(path, Content(context, path), new DefinitionReaderOptions { Syntax = Syntax, KeepSource = true });
        return DefinitionTrust.Judge(context.Path(path), path) is { } unsafely ? file with { Machines = [], Findings = [unsafely, .. file.Findings] } : file;
    }

    /// <summary>The tests of files and folders; a folder's tests are those in it and in its sub-folders.</summary>
    /// <exception cref="CliException">A path that cannot be read.</exception>
    public static IReadOnlyList<string> Tests(CommandContext context, IReadOnlyList<string> paths)
    {
        var tests = new List<string>();
        foreach (string path in paths)
        {
            if (!Directory.Exists(context.Path(path)))
            {
                tests.Add(path);
                continue;
            }

            string[] found = [.. List(context, path, TestNames).Select(name => Path.Combine(path, name))];
            if (found.Length == 0) throw CliException.Usage($"{path}: there is no test in it", "tests are called NAME.test.yaml");
            tests.AddRange(found);
        }

        return [.. tests.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static byte[] Content(CommandContext context, string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(context.Path(path));
            // One byte more than allowed is enough for the reader to say so.
            byte[] content = new byte[Math.Min(stream.CanSeek ? stream.Length : Largest, Largest) + 1];
            int read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return content[..read];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string why = failure is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : failure.Message;
            throw CliException.Usage($"{path}: {why}", "name a file or a folder that can be read");
        }
    }

    private static IEnumerable<string> List(CommandContext context, string path, Func<string, IEnumerable<string>> names)
    {
        try
        {
            return [.. names(context.Path(path))];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{path}: {failure.Message}", "name a folder that can be read");
        }
    }

    private static IEnumerable<string> Names(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder)) yield return Path.GetFileName(file);
        foreach (string sub in Directory.EnumerateDirectories(folder))
        {
            string name = Path.GetFileName(sub) + "/machine.yaml";
            if (File.Exists(Path.Combine(folder, name))) yield return name;
        }
    }

    private static IEnumerable<string> TestNames(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder).Where(DefinitionPaths.IsTest)) yield return Path.GetFileName(file);
        foreach (string sub in Directory.EnumerateDirectories(folder).Where(sub => DefinitionPaths.IsFolder(Path.GetFileName(sub))))
        {
            foreach (string file in Directory.EnumerateFiles(sub).Where(DefinitionPaths.IsTest)) yield return Path.Combine(Path.GetFileName(sub), Path.GetFileName(file));
        }
    }
}
