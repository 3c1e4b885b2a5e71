using Scout.Machines.Definitions;
using Scout.Machines.Timing;

namespace Scout.Machines.Watchers;

/// <summary>A short mark of what a check looks at; another one makes it fresh (machines.md 4.2).</summary>
internal static class SubjectMark
{
    public static string Of(NagiosWatcher check) => check.Subject switch
    {
        PluginSubject plugin => Mark("plugin", string.Join('\0', plugin.Command.Words.Select(word => word.Source)) + (plugin.Command.User is { } user ? "\0\0" + user : "")),
        BuiltinSubject builtin => "builtin:" + builtin.Kind,
        ProbeSubject probe => Mark(probe.Kind, probe.CanonicalJson),
        // A subject nobody here knows: any change of the watcher may be a change of it.
        _ => check.Digest,
    };

    private static string Mark(string kind, string text) => $"{kind}:{Placement.Of(kind, text, "").Hash:x16}";
}
