using Scout.Machines.Definitions;
using Scout.Machines.Records;

namespace Scout.Machines.Watchers;

/// <summary>What the next result would be in the present doubt, for <c>SCOUT_ATTEMPT</c>.</summary>
internal static class AttemptText
{
    private const string Single = "1/1";

    public static string Of(CheckRecord record, NagiosWatcher check)
    {
        int limit = record.DoubtDirection < 0 ? check.RecoverAttempts : check.Attempts;
        if (record.DoubtCount == 0 && limit == 1) return Single;
        return $"{record.DoubtCount + 1}/{limit}";
    }
}
