using System.Diagnostics;
using System.Text.Json;

namespace Scout.Testing;

/// <summary>
/// Validates JSON against the published schemas with Debian's python3-jsonschema, an implementation that is not ours. One process validates many documents.
/// Skips when it is missing; <c>SCOUT_REQUIRE_JSONSCHEMA=1</c> makes that a failure.
/// </summary>
public static class SchemaValidator
{
    private const string Program = """
        import json, sys
        from jsonschema import Draft202012Validator
        folder = sys.argv[1]
        validators = {}
        for line in sys.stdin:
            schema, document = json.loads(line)
            if schema not in validators:
                with open(folder + "/" + schema + ".json") as file:
                    loaded = json.load(file)
                Draft202012Validator.check_schema(loaded)
                validators[schema] = Draft202012Validator(loaded)
            errors = ["/".join(map(str, e.absolute_path)) + ": " + e.message for e in validators[schema].iter_errors(document)]
            print(json.dumps(errors), flush=True)
        """;

    private static readonly string? Python = Find();

    /// <summary>Why nothing can be validated here, or null.</summary>
    public static string? Missing => Python is null ? "no python3 with jsonschema (apt-get install python3-jsonschema)" : null;

    /// <summary>Folder of the published schemas.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "docs", "schemas");

    /// <summary>What is wrong with each document, in their order; an empty list when one is valid.</summary>
    /// <param name="documents">Name of the schema, without <c>.json</c>, and the document.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Validate(IEnumerable<(string Schema, ReadOnlyMemory<byte> Json)> documents)
    {
        if (Python is null) throw SkipTestException.Because(Missing!, "SCOUT_REQUIRE_JSONSCHEMA");
        using Process process = Start(Python, "-c", Program, Folder);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        List<IReadOnlyList<string>> found = [];
        foreach ((string schema, ReadOnlyMemory<byte> json) in documents)
        {
            using JsonDocument document = JsonDocument.Parse(json);
            process.StandardInput.WriteLine($"[{JsonSerializer.Serialize(schema)},{JsonSerializer.Serialize(document.RootElement)}]");
            process.StandardInput.Flush();
            string line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("python3 ended: " + errors.Result);
            found.Add(JsonSerializer.Deserialize<string[]>(line)!);
        }

        process.StandardInput.Close();
        process.WaitForExit();
        return found;
    }

    private static string? Find()
    {
        foreach (string python in new[] { "/usr/bin/python3", "python3" })
        {
            try
            {
                using Process process = Start(python, "-c", "from jsonschema import Draft202012Validator");
                process.StandardInput.Close();
                process.WaitForExit();
                if (process.ExitCode == 0) return python;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // Not there; the next.
            }
        }

        return null;
    }

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException(program + " did not start");
    }
}
