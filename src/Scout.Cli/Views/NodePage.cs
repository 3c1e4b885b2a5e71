using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views;

/// <summary>What <c>scout inspect NODE</c> prints.</summary>
internal static class NodePage
{
    public static void Print(IConsoleIo io, string node, PingResult ping, JsonElement? facts)
    {
        DateTimeOffset now = io.Time.GetUtcNow();
        var page = new PageWriter(io);
        page.Title($"{node}  {(ping.Problems == 0 ? "no problems" : $"{ping.Problems} {(ping.Problems == 1 ? "problem" : "problems")}")}", ping.Problems == 0 ? Tone.Good : Tone.Bad);
        page.Line("version", ping.Version);
        page.Line("up", $"{Ages.Since(ping.Started, now)} (since {Ages.Local(ping.Started, io.Time.LocalTimeZone)})");
        page.Line("mode", ping.Mode);
        page.Line("zone", ping.Zone);
        page.Line("region", ping.Region);
        page.Line("labels", StatusRow.Labels(ping.Labels));
        page.Line("machines", ping.Machines.ToString(null, null));
        page.Line("states", ping.States is { Count: > 0 } states ? string.Join(", ", states.Select(state => $"{state.Value} {state.Key}")) : null);
        page.Line("broker", ping.Broker);
        page.Line("enrolment", ping.Enrolment?.Replace('_', ' '), ping.Enrolment == "enrolled" ? Tone.Good : Tone.Warn);
        page.Line("trust", ping.Trust is { } serial ? $"serial {serial}" : null);
        page.Line("outbox", ping.Outbox is { } outbox ? $"{outbox.Events} events, {outbox.Bytes} bytes" : null);
        page.Line("sequence", ping.Sequence);
        page.Line("degraded", ping.DegradedReason, Tone.Bad);
        if (ping.Refused is { IsDefaultOrEmpty: false } refused)
        {
            foreach (IGrouping<bool, string> kind in refused.GroupBy(static one => PolicyTrouble.Is(one)))
            {
                page.Title(kind.Key ? "Policy" : "Definitions never good", Tone.Bad);
                foreach (string file in kind) page.Line("", file);
            }
        }

        if (facts is { ValueKind: JsonValueKind.Object } known)
        {
            page.Title("Facts");
            foreach (JsonProperty fact in known.EnumerateObject())
            {
                page.Line(fact.Name, fact.Value.ValueKind == JsonValueKind.String ? fact.Value.GetString() : JsonText.Render(fact.Value.WriteTo, indented: false));
            }
        }

        io.Out.Flush();
    }
}
