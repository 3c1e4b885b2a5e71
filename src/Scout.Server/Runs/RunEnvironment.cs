using Scout.Machines.Runs;

namespace Scout.Server.Runs;

/// <summary>The environment of a run (machines.md section 9): built, never inherited. <c>SCOUT_RUN</c> comes from the executor.</summary>
internal sealed class RunEnvironment
{
    private const string SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly string node;
    private readonly KeyValuePair<string, string>[] common = [new("PATH", SystemPath), new("LC_ALL", "C.UTF-8"), new("HOME", "/")];

    public RunEnvironment(string node) => this.node = node;

    /// <summary>All names of a run, with the files of <c>exec</c> when there are some.</summary>
    public KeyValuePair<string, string>[] Of(RunRequest request, RunFiles? files)
    {
        var all = new KeyValuePair<string, string>[common.Length + 5 + (files is null ? 0 : 2) + request.Environment.Count];
        common.CopyTo(all, 0);
        int next = common.Length;
        all[next++] = new("MACHINE_NAME", request.Machine);
        all[next++] = new("MACHINE_WATCHER_NAME", request.Watcher);
        all[next++] = new("SCOUT_NODE", node);
        all[next++] = new("SCOUT_STATE", request.State);
        all[next++] = new("SCOUT_ATTEMPT", request.Attempt);
        if (files is not null)
        {
            all[next++] = new("WATCHER_DATA", files.Data);
            all[next++] = new("WATCHER_FACTS", files.Facts);
        }

        foreach (KeyValuePair<string, string> given in request.Environment)
        {
            // Two of one name are read as the first by some programs and as the last by others: what the definition says takes the place of what is usual.
            int usual = Array.FindIndex(all, 0, next, one => one.Key == given.Key);
            all[usual < 0 ? next++ : usual] = given;
        }

        return next == all.Length ? all : all[..next];
    }
}
