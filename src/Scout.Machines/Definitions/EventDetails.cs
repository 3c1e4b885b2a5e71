namespace Scout.Machines.Definitions;

/// <summary>The words of <see cref="EventDetail"/>.</summary>
internal static class EventDetails
{
    public static readonly string[] Names = ["all", "changes", "problems"];

    public static string Name(EventDetail detail) => detail switch
    {
        EventDetail.All => "all",
        EventDetail.Problems => "problems",
        _ => "changes",
    };

    public static EventDetail? Read(string? name) => name switch
    {
        "all" => EventDetail.All,
        "changes" => EventDetail.Changes,
        "problems" => EventDetail.Problems,
        _ => null,
    };
}
