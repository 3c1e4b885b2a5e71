using System.Text;
using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>Finds the program of a request, anew at every start (plugins.md section 1).</summary>
internal sealed unsafe class ProgramSearch(IReadOnlyList<string> pluginPath)
{
    private const int Executable = 1;

    private readonly string[] places = [.. pluginPath, .. PluginExecutorOptions.SystemPath.Split(':')];

    /// <summary>Finds the absolute path.</summary>
    /// <param name="request">Its first word and its folder.</param>
    /// <param name="arena">Where the path lives.</param>
    /// <param name="looking">Told each folder before it is touched; false gives up, for that folder is known to hang.</param>
    /// <param name="problem">Why nothing was found.</param>
    /// <returns>The path, or null.</returns>
    public byte* Find(PluginRequest request, NativeArena arena, Func<string, bool> looking, out StartProblem? problem)
    {
        string name = request.Words[0];
        problem = null;
        if (name.Contains('/'))
        {
            string folder = name[0] == '/' ? "" : request.Directory.TrimEnd('/') + "/";
            int end = name.LastIndexOf('/');
            if (!looking(folder.Length == 0 ? name[..Math.Max(1, end)] : folder + name[..end])) return Hung(name, out problem);
            return folder.Length == 0 ? arena.Text(name) : arena.Joined(request.Directory, name);
        }

        List<string>? passed = null;
        for (int index = -1; index < places.Length; index++)
        {
            string place = index < 0 ? request.Directory : places[index];
            if (!looking(place)) return Hung(place, out problem);
            byte* path = arena.Joined(place, name);
            int error = Linux.Stat(path, followLink: true, out FileFacts facts);
            if (error == 0 && facts.IsRegular && Libc.access(path, Executable) == 0) return path;
            if (error is Errno.ENOENT or Errno.ENOTDIR) continue;
            (passed ??= []).Add(error != 0 ? $"{place}/{name} ({Errno.Name(error)})"
                : facts.IsRegular ? $"{place}/{name} (not executable)" : $"{place}/{name} (not a regular file)");
        }

        var detail = new StringBuilder($"there is no program '{name}' in {request.Directory}, {string.Join(", ", places)}");
        if (passed is not null) detail.Append("; passed over: ").AppendJoin(", ", passed);
        problem = StartProblem.Spawn("not_found", Errno.ENOENT, detail.Append("; install it, or name it with its path").ToString());
        return null;
    }

    private static byte* Hung(string place, out StartProblem? problem)
    {
        problem = new StartProblem("stuck", "exec", 0, $"earlier starts from {place} have not come back (a dead file system?); nothing more is started there until one does");
        return null;
    }
}
