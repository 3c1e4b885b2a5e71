using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Analysis;

/// <summary>What is sound but probably not meant (machines.md 11.2): an exact search of the state graph, and a look at single values. Pure.</summary>
public static class MachineLint
{
    /// <summary>All findings of some files: those of reading, those between files, and those of lint, by path and position.</summary>
    /// <param name="files">Read with <see cref="DefinitionReaderOptions.KeepSource"/>, so that findings stand where they belong.</param>
    /// <param name="syntax">Knows what a shell would have done.</param>
    /// <param name="overFolder">The files are all there are: a reference to a machine that none of them defines is a warning, unless one has errors.</param>
    /// <param name="program">Looks for a program as the node of this machine would; null: programs are not looked for.</param>
    public static IReadOnlyList<Finding> Run(IEnumerable<DefinitionFile> files, IDefinitionSyntax syntax, bool overFolder, ProgramLook? program = null)
    {
        DefinitionSet set = DefinitionSet.Combine(files);
        // A file with errors may define what seems to be missing.
        bool complete = overFolder && !set.Files.Any(file => file.HasErrors);
        var all = new List<Finding>();
        foreach (DefinitionFile file in set.Files)
        {
            var findings = new FindingList(file.Path);
            foreach (Finding finding in file.Findings) findings.Add(finding.Line, finding.Column, finding.Severity, finding.Kind, finding.Message, finding.Hint);
            foreach (Finding finding in Check(file, syntax)) findings.Add(finding.Line, finding.Column, finding.Severity, finding.Kind, finding.Message, finding.Hint);
            if (complete) MachineReferences.Check(file, set, findings);
            if (program is not null) Programs(file, program, findings);
            all.AddRange(findings.ToList());
        }

        return all;
    }

    /// <summary>The findings of lint alone, of one good file; of a bad one there are none.</summary>
    public static IReadOnlyList<Finding> Check(DefinitionFile file, IDefinitionSyntax syntax)
    {
        var findings = new FindingList(file.Path);
        foreach (MachineDefinition machine in file.Machines) Check(file, machine, syntax, findings);
        return findings.ToList();
    }

    /// <summary>The findings of lint of one machine of a file.</summary>
    public static IReadOnlyList<Finding> Check(DefinitionFile file, MachineDefinition machine, IDefinitionSyntax syntax)
    {
        var findings = new FindingList(file.Path);
        Check(file, machine, syntax, findings);
        return findings.ToList();
    }

    private static void Programs(DefinitionFile file, ProgramLook program, FindingList findings)
    {
        foreach (MachineDefinition machine in file.Machines) ValueLint.Programs(file, machine, new SourceMap(file, machine), program, findings);
    }

    private static void Check(DefinitionFile file, MachineDefinition machine, IDefinitionSyntax syntax, FindingList findings)
    {
        var source = new SourceMap(file, machine);
        StateLint.Check(machine, source, findings);
        Livelocks.Check(machine, source, findings);
        ValueLint.Check(machine, source, syntax, findings);
    }
}

/// <summary>Looks for the program of a command.</summary>
/// <param name="file">In which the command stands.</param>
/// <param name="program">The first word, as written: a bare name, or a path.</param>
/// <returns>Null when it would be found, else what is wrong and how to mend it.</returns>
public delegate (string Problem, string Hint)? ProgramLook(DefinitionFile file, string program);
