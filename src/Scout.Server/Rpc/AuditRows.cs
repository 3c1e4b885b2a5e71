using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;

namespace Scout.Server.Rpc;

/// <summary>What the audit keeps of a request and the decision on it.</summary>
internal static class AuditRows
{
    /// <summary>Machines named in one row; the others are a number.</summary>
    public const int MostMachines = 200;

    /// <summary>Of a request whose machines were looked at one by one.</summary>
    public static AuditData Of(RpcRequest request, RpcCaller caller, RpcReply reply)
    {
        string[] denied = [.. reply.Results.Where(result => result.Code == RpcCode.Denied).Select(result => result.Machine!)];
        bool all = denied.Length == reply.Results.Length;
        AuditData row = Of(request, caller, reply, all ? "denied" : "allowed");
        return denied.Length == 0 || all ? row : row with { Denied = [.. denied.Take(MostMachines)] };
    }

    /// <summary>Of a request on which one decision stands.</summary>
    /// <param name="request">An effect.</param>
    /// <param name="caller">Who asked.</param>
    /// <param name="reply">The answer.</param>
    /// <param name="decision"><c>allowed denied refused</c>.</param>
    public static AuditData Of(RpcRequest request, RpcCaller caller, RpcReply reply, string decision) => new()
    {
        Caller = caller.Name,
        Action = RpcActions.Name(request.Action),
        Request = request.Id,
        Scope = caller.Scope,
        Decision = decision,
        Code = RpcCodes.Name(reply.Code),
        Message = string.IsNullOrEmpty(reply.Message) ? null : reply.Message,
        Machines = Machines(request.Args, reply),
        More = Math.Max(0, reply.Results.Length - MostMachines),
        Transition = (request.Args as TransitionArgs)?.Transition,
        Reason = request.Args switch
        {
            MaintenanceArgs { Reason.Length: > 0 } maintenance => maintenance.Reason,
            AcknowledgeArgs { Reason.Length: > 0 } acknowledge => acknowledge.Reason,
            _ => null,
        },
    };

    // Where nothing was looked at, what was asked for stands for it, as far as it is names.
    private static ImmutableArray<string>? Machines(RpcArgs args, RpcReply reply)
    {
        if (reply.Results.Length > 0) return [.. reply.Results.Take(MostMachines).Select(result => result.Machine!)];
        if (reply.Code == RpcCode.NotFound) return null;
        ImmutableArray<string> named = args switch
        {
            TransitionArgs transition => [transition.Machine],
            CheckArgs check => check.Selection.Machines,
            MaintenanceArgs maintenance => maintenance.Selection.Machines,
            ResumeArgs resume => resume.Selection.Machines,
            AcknowledgeArgs acknowledge => acknowledge.Selection.Machines,
            _ => [],
        };
        return named.Where(name => !Glob.IsPattern(name)).Take(MostMachines).ToImmutableArray() is { Length: > 0 } names ? names : null;
    }
}
