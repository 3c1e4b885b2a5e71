using System.Globalization;
using Scout.Traffic.Kernel;

namespace Scout.Server.Traffic;

/// <summary>The record of an attachment without links (kernels before 5.7), as four lines of a file beside the journal.</summary>
internal sealed class AttachFile(string path) : IAttachMemory
{
    public AttachRecord? Load()
    {
        try
        {
            string[] lines = File.ReadAllLines(path);
            return lines.Length == 4
                && uint.TryParse(lines[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint egress)
                && uint.TryParse(lines[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint ingress)
                ? new AttachRecord(lines[0], lines[1], egress, ingress)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Save(AttachRecord? record)
    {
        if (record is null) File.Delete(path);
        else File.WriteAllLines(path, [record.BootId, record.Root, record.EgressId.ToString(CultureInfo.InvariantCulture), record.IngressId.ToString(CultureInfo.InvariantCulture)]);
    }
}
