using Scout.Machines.Definitions;
using Scout.Server.Native;

namespace Scout.Server.Definitions;

/// <summary>What every node would refuse of a definition, whatever it says (machines.md 1.2): others may write it, or its folder. Whose it is, is a matter of the node.</summary>
public static class DefinitionTrust
{
    /// <summary>The finding, or null.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="shown">How the file is called in findings.</param>
    public static Finding? Judge(string path, string shown) =>
        FileTrust.WritableByOthers(path) is { } writable ? Finding.UnsafePermissions(shown, writable == path ? shown : writable) : null;
}
