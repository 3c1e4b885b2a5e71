using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;

namespace Scout.Server.Rpc;

/// <summary>What the audit keeps of a request and the decision on it.</summary>
internal static class AuditRows
{
    /// <summary>Machines named in one row; the others are a number.</summary>
    public const int MostMachines = 200;

    /// <summary>Of a request whose machines were looked at one by one.</summary>
    public static AuditData Of(RpcRequest request, RpcCaller caller, RpcReply reply, TimeSpan took)
    {
        string[] denied = [.. reply.Results.Where(result => result.Code == RpcCode.Denied).Select(result => result.Machine!)];
        bool all = denied.Length == reply.Results.Length;
        AuditData row = Of(request, caller, reply, all ? "denied" : "allowed", took);
        return denied.Length == 0 || all ? row : row with { Denied = [.. denied.Take(MostMachines)] };
    }

    /// <summary>Of a request on which one decision stands.</summary>
    /// <param name="request">Read strictly.</param>
    /// <param name="caller">Who asked.</param>
    /// <param name="reply">The answer.</param>
    /// <param name="decision"><c>allowed denied refused</c>.</param>
    /// <param name="took">From arrival to the decision.</param>
    public static AuditData Of(RpcRequest request, RpcCaller caller, RpcReply reply, string decision, TimeSpan took) =>
        Of(caller, RpcActions.Name(request.Action), request.Id, reply.Code, reply.Message, decision, took) with
        {
            Machines = Machines(request.Args, reply),
            More = Math.Max(0, Named(reply).Count() - MostMachines),
            Transition = (request.Args as TransitionArgs)?.Transition,
            Reason = request.Args switch
            {
                MaintenanceArgs { Reason.Length: > 0 } maintenance => maintenance.Reason,
                AcknowledgeArgs { Reason.Length: > 0 } acknowledge => acknowledge.Reason,
                _ => null,
            },
        };

    /// <summary>Of a request that was not read, or not looked at.</summary>
    public static AuditData Of(RpcCaller caller, string action, string id, RpcCode code, string? message, string decision, TimeSpan took) => new()
    {
        Caller = caller.Name,
        Key = caller.Key,
        Role = caller.Key is null ? null : RoleNames.Word(caller.Role),
        Action = RpcActions.TryParse(action, out _) ? action : "other",
        Request = id,
        Scope = caller.Scope,
        Subject = caller.Subject,
        Decision = decision,
        Code = RpcCodes.Name(code),
        Message = string.IsNullOrEmpty(message) ? null : message,
        DurationMs = Math.Round(took.TotalMilliseconds, 3),
    };

    // Where nothing was looked at, what was asked for stands for it, as far as it is names.
    private static ImmutableArray<string>? Machines(RpcArgs args, RpcReply reply)
    {
        if (!RpcActions.IsEffect(args.Action)) return args is MachineArgs one ? [one.Machine] : null;
        if (reply.Results.Length > 0) return [.. Named(reply).Take(MostMachines)];
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

    private static IEnumerable<string> Named(RpcReply reply) => RpcActions.TryParse(reply.Action, out RpcAction action) && RpcActions.IsEffect(action) ? reply.Results.Select(result => result.Machine!) : [];
}
