using Scout.Machines.Records;

namespace Scout.Machines.Hosting;

/// <summary>
/// What of the public record makes a <c>state</c> event when it changes (machines.md 7.4). Due times and the output of a result are shown in it but
/// do not make one by themselves: a steady check would speak every minute.
/// </summary>
internal readonly record struct PublicMark(
    string State,
    DateTimeOffset Since,
    int Bits,
    MaintenanceRecord? Maintenance,
    AcknowledgementRecord? Acknowledgement,
    string? SuppressedBy,
    string? ResultReason,
    string Digest,
    string? DefinitionError)
{
    public static PublicMark Of(MachineRecord record, string? definitionError)
    {
        CheckRecord? check = record.Check;
        int bits = record.Runaway ? 1 : 0;
        if (check is not null)
        {
            bits |= check.Flapping ? 2 : 0;
            bits |= (check.DoubtDirection + 1) << 2;
            bits |= (int)check.DoubtExtreme << 4;
            bits |= check.DoubtCount << 6;
            bits |= (check.LastResult is { } last ? (int)last.Status + 1 : 0) << 14;
        }

        return new PublicMark(record.State, record.Since, bits, record.Maintenance, record.Acknowledgement, check?.SuppressedBy,
            check?.LastResult?.Reason, record.Digest, definitionError);
    }
}
