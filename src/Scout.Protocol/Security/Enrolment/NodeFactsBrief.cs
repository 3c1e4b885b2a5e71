namespace Scout.Protocol.Security.Enrolment;

/// <summary>What a node says of itself while nobody knows it yet: shown to the person who approves, believed by nobody.</summary>
public sealed record NodeFactsBrief(string Os, string Arch, string Version)
{
    /// <summary>Most characters of each.</summary>
    public const int MaxText = 64;
}
