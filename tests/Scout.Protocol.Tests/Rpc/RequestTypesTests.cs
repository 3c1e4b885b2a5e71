using System.Reflection;
using Scout.Protocol.Rpc;

namespace Scout.Protocol.Tests.Rpc;

/// <summary>
/// No request carries a command, a path or an expression (A5 of reliability.md 3): everything that any request can say is written down here, with what it means. A field that
/// is added fails this test until somebody has thought about what a person at the other end could make of it, and has written it down.
/// </summary>
[Trait("attack", "A5")]
[Trait("attack", "23")]
public sealed class RequestTypesTests
{
    // Type, field, what it is. Names are [A-Za-z0-9_-]; patterns are such names with * ? [a-z]; text is only shown.
    private const string Reviewed = """
        AcknowledgeArgs.Reason: text
        AcknowledgeArgs.Selection: selection
        AcknowledgeArgs.Until: time
        CheckArgs.Selection: selection
        CheckArgs.WaitMs: number
        FactsArgs.Keys: keys of a dictionary
        HistoryArgs.After: sequence
        HistoryArgs.Audit: flag
        HistoryArgs.Kinds: closed list
        HistoryArgs.Limit: number
        HistoryArgs.Machines: patterns
        HistoryArgs.Since: time
        HistoryArgs.Until: time
        HistoryArgs.WaitMs: number
        MachineArgs.Machine: name
        MachineSelection.All: flag
        MachineSelection.Labels: names and values that are compared
        MachineSelection.Machines: patterns
        MachinesArgs.After: name
        MachinesArgs.Labels: names and values that are compared
        MachinesArgs.Machines: patterns
        MachinesArgs.States: names
        MaintenanceArgs.ForS: number
        MaintenanceArgs.OpenEnded: flag
        MaintenanceArgs.Reason: text
        MaintenanceArgs.Selection: selection
        MaintenanceArgs.Until: time
        MeshArgs.After: name
        NodeFilter.Labels: names and values that are compared
        NodeFilter.Nodes: patterns
        ProbeArgs.Packets: number
        ProbeArgs.Target: name of a node of the roster, never an address
        ProbeArgs.Tcp: flag
        ResumeArgs.Selection: selection
        RpcRequest.Args: arguments of one action
        RpcRequest.Filter: which nodes
        RpcRequest.Id: token
        RpcRequest.ReplySpreadMs: number
        RpcRequest.TtlMs: number
        TransitionArgs.Machine: name
        TransitionArgs.Transition: name
        """;

    private static readonly string[] Forbidden =
        ["command", "cmd", "exec", "shell", "script", "argument", "argv", "path", "file", "folder", "directory", "url", "uri", "host", "address", "expr", "regex", "query", "template", "code", "environment", "user", "caller"];

    [Fact]
    public void Every_field_of_every_request_was_thought_about() =>
        Assert.Equal(Reviewed.Split('\n').Select(static line => line[..line.IndexOf(':', StringComparison.Ordinal)]), Fields());

    [Fact]
    public void No_field_means_a_command_a_path_or_an_expression() =>
        Assert.All(Fields(), static field => Assert.DoesNotContain(Forbidden, word => field[(field.IndexOf('.', StringComparison.Ordinal) + 1)..].Contains(word, StringComparison.OrdinalIgnoreCase)));

    [Fact]
    public void Actions_are_a_closed_list_and_none_runs_what_is_given() => Assert.Equal(
        ["Acknowledge", "Check", "Facts", "History", "Machine", "Machines", "Maintenance", "Mesh", "Ping", "Probe", "Resume", "Transition"], Enum.GetNames<RpcAction>().Order(StringComparer.Ordinal));

    private static string[] Fields()
    {
        Type[] types = [.. typeof(RpcArgs).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(RpcArgs))), typeof(RpcRequest), typeof(NodeFilter), typeof(MachineSelection)];
        return
        [
            .. types.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(property => property.Name != nameof(RpcArgs.Action)).Select(property => $"{type.Name}.{property.Name}")).Order(StringComparer.Ordinal),
        ];
    }
}
