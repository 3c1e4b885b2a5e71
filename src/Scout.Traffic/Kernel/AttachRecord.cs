namespace Scout.Traffic.Kernel;

/// <summary>
/// What an attachment without links leaves behind when its process dies, so that the next one can take exactly it away: programs named <c>scout_…</c> may be another's.
/// </summary>
/// <param name="BootId">The kernel's; ids mean nothing after a reboot.</param>
/// <param name="Root">Absolute path of the cgroup's directory.</param>
/// <param name="EgressId">The kernel's id of the program; 0 when it was not attached.</param>
/// <param name="IngressId">The same of the other one.</param>
public sealed record AttachRecord(string BootId, string Root, uint EgressId, uint IngressId);

/// <summary>Keeps the record over a crash; the floor above puts it into its store. Used only on kernels before 5.7.</summary>
public interface IAttachMemory
{
    AttachRecord? Load();

    /// <summary>Written before the programs hang, and taken away (null) after they do not.</summary>
    void Save(AttachRecord? record);
}
