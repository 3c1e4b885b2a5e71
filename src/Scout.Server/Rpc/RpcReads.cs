using System.Collections.Immutable;
using System.Text.Json;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Server.Events;
using Scout.Server.Loop;

namespace Scout.Server.Rpc;

/// <summary>Answers that change nothing: <c>ping facts machines machine</c>. Called on the loop; what is long is made into text elsewhere.</summary>
internal sealed class RpcReads(NodeCore core, RpcNode node, IRequestPolicy policy)
{
    // A line of the list is over 250 bytes, so that no more than this fit into a reply.
    private const int MostLines = 512;

    public void Answer(RpcRequest request, RpcCaller caller, RpcReply empty, TaskCompletionSource<RpcReply> answer)
    {
        switch (request.Args)
        {
            case PingArgs:
                answer.SetResult(empty with { Results = [Ping()] });
                break;
            case FactsArgs facts:
                answer.SetResult(empty with { Results = [Facts(facts)] });
                break;
            case MachinesArgs machines:
                Machines(machines, empty, answer);
                break;
            case MachineArgs machine:
                MachineView? view = core.Host.Find(machine.Machine);
                if (view is not null && policy.Refuses(caller, request, view.Name, MachineLabels.Of(view.Definition)) is { } why)
                {
                    answer.SetResult(empty with { Code = RpcCode.Denied, Message = why, Results = [new MachineDetail { Machine = view.Name, Code = RpcCode.Denied, Message = why }] });
                    break;
                }

                answer.SetResult(view is null || view.Deleted
                    ? empty with { Code = RpcCode.NotFound, Message = $"no machine '{machine.Machine}' on {node.Name}", Results = [new MachineDetail { Machine = machine.Machine, Code = RpcCode.NotFound }] }
                    : empty with { Results = [MachineDetails.Of(view, core.Sink.DegradedReason)] });
                break;
            default:
                answer.SetResult(empty with { Code = RpcCode.UnknownAction, Message = "not an action of this node" });
                break;
        }
    }

    private PingResult Ping()
    {
        var states = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        int count = 0, problems = 0;
        foreach (MachineView view in core.Host.Views())
        {
            if (view.Deleted) continue;
            count++;
            if (view.State is "WARNING" or "CRITICAL" or "UNKNOWN") problems++;
            string state = NodeStates.Shown(view.State);
            states[state] = states.GetValueOrDefault(state) + 1;
        }

        ImmutableArray<(string File, string Error)> refused = node.Refused();
        return new PingResult
        {
            Version = node.Version,
            Started = node.Started,
            Machines = count,
            Problems = problems,
            States = states.ToImmutable(),
            Sequence = core.Sink.LastSequence.ToString(),
            Outbox = node.Outbox(),
            Mode = node.Mode,
            Zone = node.Zone,
            Region = node.Region,
            Labels = node.Labels.Count == 0 ? null : node.Labels,
            DegradedReason = core.Sink.DegradedReason,
            Refused = refused.Length == 0 ? null : [.. refused.Take(100).Select(file => file.Error)],
            Broker = node.Broker(),
            Enrolment = node.Enrolment(),
            Trust = node.Trust(),
        };
    }

    private FactsResult Facts(FactsArgs wanted)
    {
        JsonElement facts = node.Facts();
        if (wanted.Keys.IsEmpty || facts.ValueKind != JsonValueKind.Object) return new FactsResult { Facts = facts };
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (JsonProperty fact in facts.EnumerateObject())
            {
                if (wanted.Keys.Contains(fact.Name)) fact.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        using JsonDocument picked = JsonDocument.Parse(buffer.WrittenMemory);
        return new FactsResult { Facts = picked.RootElement.Clone() };
    }

    private void Machines(MachinesArgs wanted, RpcReply empty, TaskCompletionSource<RpcReply> answer)
    {
        var page = new List<MachineView>();
        int more = 0;
        foreach (MachineView view in core.Host.Views())
        {
            if (view.Deleted || (wanted.After is { } after && string.CompareOrdinal(view.Name, after) <= 0)) continue;
            if (!wanted.States.IsEmpty && !wanted.States.Contains(view.State)) continue;
            if (!wanted.Machines.IsEmpty && !wanted.Machines.Any(pattern => Glob.Matches(pattern, view.Name))) continue;
            if (!LabelSelector.Matches(wanted.Labels, MachineLabels.Of(view.Definition))) continue;
            if (page.Count < MostLines) page.Add(view);
            else more++;
        }

        // Files that were never good have no machine to stand behind: they come with the first page of an unfiltered list.
        bool whole = wanted.After is null && wanted.States.IsEmpty && wanted.Machines.IsEmpty && wanted.Labels.Count == 0;
        ImmutableArray<(string File, string Error)> refused = whole ? node.Refused() : [];
        // The text is made on another thread: a thousand lines are no reason to be late with a check.
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => work.Answer.SetResult(work.Empty with
            {
                Truncated = work.More,
                Results =
                [
                    .. work.Refused.Take(50).Select(file => new MachineLine { Code = RpcCode.BadRequest, Refused = file.File, Message = file.Error }),
                    .. work.Page.Select(view => new MachineLine { Machine = view.Name, Record = MachineSummaries.Of(view) }),
                ],
            }),
            (Page: page, More: more, Refused: refused, Empty: empty, Answer: answer),
            preferLocal: false);
    }
}
