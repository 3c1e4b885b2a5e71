using System.Text.RegularExpressions;
using System.Xml.Linq;
using Scout.Testing;

namespace Scout.Chart.Tests;

/// <summary>The Dockerfile says the same as the way without an engine (eng/image.sh, the container properties of Scout.Cli), which is what the tests of the image build and start.</summary>
public sealed partial class DockerfileTests
{
    private static readonly string Root = Repository.Root;
    private static readonly (string Word, string Text)[] Steps = Read();

    [Fact]
    public void It_has_two_stages_and_ends_as_a_user_that_owns_nothing()
    {
        Assert.Equal(["ARG", "ARG", "FROM", "WORKDIR", "COPY", "RUN", "FROM", "LABEL", "RUN", "COPY", "COPY", "ENV", "EXPOSE", "USER", "ENTRYPOINT"], Steps.Select(static one => one.Word));
        string check = Text("eng/image-check.sh");
        Assert.Contains($"\"User\": \"{Of("USER")}\"", check, StringComparison.Ordinal);
        Assert.Contains($"\"Entrypoint\": {Of("ENTRYPOINT")}", check, StringComparison.Ordinal);
        Assert.Contains("-p:RestoreLockedMode=true", Steps.First(static one => one.Word == "RUN").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_has_the_packages_ports_and_labels_of_the_other_way()
    {
        string run = Steps.Last(static one => one.Word == "RUN").Text;
        string[] packages = Include().Match(Text("eng/image.sh")).Groups["list"].Value.Split(',');
        Assert.Equal(packages, Install().Match(run).Groups["list"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        // Neither setuid files nor directories that everybody may write to.
        Assert.Contains("-perm /6000 -type f -exec chmod a-s {} +", run, StringComparison.Ordinal);
        Assert.Contains("-type d -perm -0002 ! -path /tmp -exec chmod o-w {} +", run, StringComparison.Ordinal);
        XElement project = XDocument.Load(Path.Combine(Root, "src", "Scout.Cli", "Scout.Cli.csproj")).Root!;
        Assert.Equal(project.Descendants("ContainerPort").Select(static one => $"{one.Attribute("Include")!.Value}/{one.Attribute("Type")!.Value}"), Of("EXPOSE").Split(' '));
        Assert.Equal(project.Descendants("ContainerLabel").Select(static one => $"{one.Attribute("Include")!.Value}=\"{one.Attribute("Value")!.Value}\""), Of("LABEL").Split(' '));
        Assert.Equal(project.Descendants("ContainerEnvironmentVariable").Select(static one => $"{one.Attribute("Include")!.Value}={one.Attribute("Value")!.Value}"), Of("ENV").Split(' '));
    }

    [Fact]
    public void What_it_copies_is_there_and_is_not_left_out_of_the_context()
    {
        string[] ignored = [.. Text(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        foreach (string needed in (string[])["src", "eng", "checks", "global.json", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", ".editorconfig"])
        {
            Assert.DoesNotContain(needed, ignored);
            Assert.True(Path.Exists(Path.Combine(Root, needed)), needed);
        }

        Assert.Equal([". .", "--from=build /app /app", "--chmod=0755 checks/ /usr/lib/scout/plugins/"], Steps.Where(static one => one.Word == "COPY").Select(static one => one.Text));
        Assert.All(Directory.EnumerateFileSystemEntries(Path.Combine(Root, "checks")), static path => Assert.StartsWith("check_", Path.GetFileName(path), StringComparison.Ordinal));
    }

    private static string Of(string word) => Assert.Single(Steps, one => one.Word == word).Text;

    private static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static (string Word, string Text)[] Read() =>
        [.. Comment().Replace(Text("Dockerfile"), "").Replace("\\\n", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => (line.Split(' ', 2)[0], Spaces().Replace(line.Split(' ', 2)[1], " ").Trim()))];

    [GeneratedRegex("^#.*\n", RegexOptions.Multiline, 5000)]
    private static partial Regex Comment();

    [GeneratedRegex(" +", RegexOptions.None, 5000)]
    private static partial Regex Spaces();

    [GeneratedRegex("--include=(?<list>[a-z0-9,+-]+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Include();

    [GeneratedRegex("--no-install-recommends (?<list>[a-z0-9 +-]+) &&", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Install();
}
