using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;

namespace Scout.Server.MachineDirectory;

/// <summary>
/// Remembers every file of the machine directory with its last good version, reads what changed, and makes a batch of it (machines.md 4.2). No clock, no
/// thread of its own.
/// </summary>
/// <param name="folder">Where files lie.</param>
/// <param name="options">How they are read.</param>
/// <param name="machineLimit">How many machines there may be.</param>
internal sealed class DefinitionCatalog(IMachineFolder folder, DefinitionReaderOptions options, int machineLimit = DefinitionCatalog.MachineLimit)
{
    /// <summary>Machines on a node.</summary>
    public const int MachineLimit = 10_000;

    // A file that is written to without end is read all the same, some ten seconds after it was first left alone.
    private const int MostDeferrals = 4;

    private readonly SortedDictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> deferred = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, string>? owners;
    private bool first = true;

    /// <summary>Folders that could not be read at the last look.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Blind { get; private set; } = [];

    /// <summary>Files were left alone at the last <see cref="Read"/> because they were being written: look again soon.</summary>
    public bool Moving => deferred.Count > 0;

    /// <summary>How often the bound of machines cost a file.</summary>
    public long LimitReached { get; private set; }

    /// <summary>Whether the folder looks other than at the last <see cref="Read"/>; reads no content.</summary>
    public bool LooksChanged()
    {
        FolderListing listing = folder.List();
        int known = 0;
        foreach (FolderFile file in listing.Files)
        {
            if (!entries.TryGetValue(file.Path, out Entry? entry) || !entry.File.LooksLike(file)) return true;
            known++;
        }

        int hidden = listing.Blind.Count == 0 ? 0 : entries.Keys.Count(path => IsBelow(path, listing.Blind) && !listing.Files.Any(file => file.Path == path));
        return known + hidden != entries.Count;
    }

    /// <summary>Reads what changed; null when nothing did. A file that is being written keeps what it said before.</summary>
    /// <param name="hash">Compare contents too, not only size, time and inode.</param>
    /// <param name="rested">A file that was changed later than this, in nanoseconds of Unix time, may not be whole yet, and is left for a later look.</param>
    public DefinitionChange? Read(bool hash, long rested = long.MaxValue)
    {
        FolderListing listing = folder.List();
        Blind = listing.Blind;
        bool changed = first;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (FolderFile file in listing.Files)
        {
            seen.Add(file.Path);
            bool known = entries.TryGetValue(file.Path, out Entry? entry);
            if (known && entry!.File.LooksLike(file) && !hash)
            {
                deferred.Remove(file.Path);
                continue;
            }

            entry ??= new Entry();
            if (!Refresh(entry, file, file.Modified <= rested, ref changed)) continue;
            if (!known) entries.Add(file.Path, entry);
        }

        first = false;
        foreach (string path in deferred.Keys.Where(path => !seen.Contains(path)).ToArray()) deferred.Remove(path);

        foreach (string path in entries.Keys.Where(path => !seen.Contains(path) && !IsBelow(path, listing.Blind)).ToArray())
        {
            entries.Remove(path);
            changed = true;
        }

        return changed ? Combine() : null;
    }

    private static bool IsBelow(string path, IReadOnlyList<KeyValuePair<string, string>> blind)
    {
        foreach ((string folder, _) in blind)
        {
            if (path.StartsWith(folder + "/", StringComparison.Ordinal)) return true;
        }

        return false;
    }

    /// <returns>False when the file is left for a later look.</returns>
    private bool Refresh(Entry entry, FolderFile file, bool settled, ref bool changed)
    {
        bool known = entry.Parsed is not null;
        bool sameRights = known && entry.File.Refusal == file.Refusal && entry.File.Problem == file.Problem;
        Finding? refused = null;
        byte[] content = [];
        if (file.Problem is { } problem)
        {
            refused = Finding.Unreadable(file.Path, problem);
        }
        else if (file.Refusal is { } refusal)
        {
            refused = Finding.UnsafePermissions(file.Path, refusal.Message, refusal.Hint);
        }
        else
        {
            try
            {
                content = settled ? folder.Read(file.Path) : [];
                if (!(settled && folder.IsStill(file)) && Defer(file.Path)) return false;
                if (!settled) content = folder.Read(file.Path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                refused = Finding.Unreadable(file.Path, error.Message);
            }
        }

        deferred.Remove(file.Path);
        byte[] digest = new byte[Sha256.Size];
        Sha256.Hash(content, digest);
        bool same = sameRights && refused is null && !entry.WasRefused && digest.AsSpan().SequenceEqual(entry.Digest);
        if (!same)
        {
            // Before anything is noted: what dies here is read again at the next look.
            entry.Parsed = refused is null
                ? DefinitionReader.Read(file.Path, content, options)
                : new DefinitionFile { Path = file.Path, Machines = [], Findings = [refused] };
            entry.Digest = digest;
            entry.WasRefused = refused is not null;
            entry.Said = false;
        }

        entry.File = file;
        changed |= !same;
        return true;
    }

    /// <summary>True when the file may be left for a later look. At the start nothing is: there is nothing yet that could go on instead.</summary>
    private bool Defer(string path)
    {
        int times = deferred.GetValueOrDefault(path);
        if (first || times >= MostDeferrals) return false;
        deferred[path] = times + 1;
        return true;
    }

    private DefinitionChange Combine()
    {
        DefinitionSet set = DefinitionSet.Combine(entries.Values.Select(entry => entry.Parsed!), owners);
        owners = set.Owners;
        var good = new List<MachineDefinition>(set.Machines.Length);
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var refused = ImmutableArray.CreateBuilder<RefusedFile>();
        var news = new List<Finding>();
        DefinitionFile[] files = Within(set);
        var names = new HashSet<string>(files.SelectMany(file => file.Machines).Select(machine => machine.Name), StringComparer.OrdinalIgnoreCase);
        int lastGood = 0;
        foreach (DefinitionFile judged in files)
        {
            Entry entry = entries[judged.Path];
            if (!entry.Said) news.AddRange(judged.Findings);
            entry.Said = true;
            if (!judged.HasErrors)
            {
                entry.LastGood = judged.Machines;
                good.AddRange(judged.Machines);
                continue;
            }

            string error = judged.FirstError!.Headline;
            if (entry.LastGood.IsDefault)
            {
                refused.Add(new RefusedFile(judged.Path, error));
                continue;
            }

            lastGood++;
            foreach (MachineDefinition machine in entry.LastGood)
            {
                // Another good file may have taken the name over meanwhile.
                if (!names.Add(machine.Name)) continue;
                good.Add(machine);
                errors[machine.Name] = error;
            }
        }

        return new DefinitionChange(new DefinitionBatch(good, errors), refused.ToImmutable(), lastGood, news);
    }

    /// <summary>The files, those without machines that would be too many. What runs already goes before what is new, whatever the files are called: an addition ends nothing.</summary>
    private DefinitionFile[] Within(DefinitionSet set)
    {
        DefinitionFile[] files = [.. set.Files];
        // Of a file with errors its last good machines go on.
        int machines = files.Where(file => file.HasErrors).Sum(file => Count(entries[file.Path].LastGood));
        if (machines + set.Machines.Length <= machineLimit) return files;
        foreach (int i in Enumerable.Range(0, files.Length).Where(i => !files[i].HasErrors).OrderBy(i => entries[files[i].Path].LastGood.IsDefault).ThenBy(i => i))
        {
            DefinitionFile file = files[i];
            ImmutableArray<MachineDefinition> before = entries[file.Path].LastGood;
            bool fits = machines + file.Machines.Length <= machineLimit;
            machines += fits ? file.Machines.Length : Count(before);
            if (fits) continue;
            LimitReached++;
            var finding = new Finding(file.Path, 1, 1, Severity.Error, FindingKind.OutOfRange, $"with its {file.Machines.Length} machines this node would have over {machineLimit}", "take some out, or give them to another node");
            files[i] = file with { Machines = [], Findings = [finding, .. file.Findings] };
        }

        return files;

        static int Count(ImmutableArray<MachineDefinition> lastGood) => lastGood.IsDefault ? 0 : lastGood.Length;
    }

    private sealed class Entry
    {
        public FolderFile File { get; set; }

        public byte[] Digest { get; set; } = [];

        public bool WasRefused { get; set; }

        public bool Said { get; set; }

        public DefinitionFile? Parsed { get; set; }

        /// <summary>Default: never good.</summary>
        public ImmutableArray<MachineDefinition> LastGood { get; set; }
    }
}
