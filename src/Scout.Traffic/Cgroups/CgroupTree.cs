namespace Scout.Traffic.Cgroups;

/// <summary>A cgroup that is there now.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Pod">Whose it is; null for nobody's.</param>
public sealed record CgroupPlace(string Path, PodCgroup? Pod);

/// <summary>The cgroups below a root, by the id that the programs see.</summary>
internal interface ICgroupTree
{
    /// <summary>The root's id; null when it is not there.</summary>
    ulong? IdOf(string root);

    /// <summary>All that are there now, the root too. Ids are taken anew: a static pod's path returns with a new one.</summary>
    IReadOnlyDictionary<ulong, CgroupPlace> Walk(string root);
}

/// <summary>The real tree.</summary>
internal sealed class CgroupTree : ICgroupTree
{
    private const int DeepestLevel = 32;

    /// <summary>The kernel has no more ids to give on a node with the usual 110 pods.</summary>
    private const int Most = 65536;

    /// <summary>How many directories the bounds (65 536, 32 levels) left out, since the start.</summary>
    public long Skipped { get; private set; }

    public ulong? IdOf(string root) => CgroupId.TryRead(root, out ulong id) ? id : null;

    public IReadOnlyDictionary<ulong, CgroupPlace> Walk(string root)
    {
        var found = new Dictionary<ulong, CgroupPlace>();
        var todo = new Stack<(string Path, int Level)>();
        todo.Push((root, 0));
        while (todo.TryPop(out (string Path, int Level) next))
        {
            if (!CgroupId.TryRead(next.Path, out ulong id)) continue;
            if (found.Count >= Most || next.Level > DeepestLevel)
            {
                Skipped++;
                continue;
            }

            found[id] = new CgroupPlace(next.Path, PodCgroup.Parse(next.Path));
            try
            {
                foreach (string child in Directory.EnumerateDirectories(next.Path)) todo.Push((child, next.Level + 1));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It went while it was read.
            }
        }

        return found;
    }
}
