using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Server.Configuration;
using Scout.Server.Logging;
using Scout.Server.Native;
using Scout.Server.Rpc;

namespace Scout.Server.Security.Policy;

/// <summary>
/// The policy in force: that of the file, read anew when it changes and at SIGHUP. A file that is bad at start leaves <c>ping</c> alone; one that turns bad later
/// changes nothing, and says so in <c>scout status</c> (security.md 8). Any thread.
/// </summary>
internal sealed class NodePolicy : IRequestPolicy
{
    private static readonly PolicyRules OnlyPing = new([PolicyRules.Default.Rules[0] with { Actions = [RpcAction.Ping], Roles = [] }]);

    private readonly Lock looking = new();
    private readonly string path;
    private readonly bool isDefault;
    private readonly ILogger log;
    private volatile State state;
    private FileStatus seen;
    private int seenError = -1;

    /// <param name="path">Absolute.</param>
    /// <param name="isDefault">Nobody named it: without the file the built-in rules hold.</param>
    /// <param name="log">Category <c>rpc</c>.</param>
    public NodePolicy(string path, bool isDefault, ILogger log)
    {
        this.path = path;
        this.isDefault = isDefault;
        this.log = log;
        state = new State(OnlyPing, false, null);
        Look(force: true, first: true);
    }

    /// <summary>What is wrong with the file, for <c>scout status</c>; empty when nothing is.</summary>
    public ImmutableArray<(string File, string Error)> Problems => state.Problem is { } problem ? [(path, problem)] : [];

    /// <summary>Reads the file anew when it changed.</summary>
    /// <param name="force">Whatever it looks like (SIGHUP).</param>
    public void Look(bool force)
    {
        lock (looking) Look(force, first: false);
    }

    public string? Refuses(RpcCaller caller, RpcRequest request) => Say(state, state.Rules.Refuses(Question(caller, request)));

    public string? Refuses(RpcCaller caller, RpcRequest request, string machine, IReadOnlyDictionary<string, string> labels) =>
        Say(state, state.Rules.Refuses(Question(caller, request), machine, labels));

    private static string? Say(State now, string? why) =>
        why is not null && !now.WasGood ? $"the policy of this node was never good: {now.Problem}" : why;

    private static PolicyQuestion Question(RpcCaller caller, RpcRequest request) => new()
    {
        Action = request.Action,
        Role = caller.Role,
        Caller = caller.Name,
        Scope = caller.Scope,
        Transition = (request.Args as TransitionArgs)?.Transition,
    };

    private void Look(bool force, bool first)
    {
        int errno = FileStatus.Look(path, follow: false, out FileStatus status);
        if (!force && errno == seenError && status == seen) return;
        (seenError, seen) = (errno, status);
        if (first && errno == Libc.ErrnoNotFound && isDefault)
        {
            state = new State(PolicyRules.Default, true, null);
            return;
        }

        // Without a file there was nothing to lose: the built-in rules go on.
        if (errno == Libc.ErrnoNotFound && isDefault && ReferenceEquals(state.Rules, PolicyRules.Default)) return;
        var findings = new List<SettingFinding>();
        if (PolicyFile.Read(path, findings) is { } rules)
        {
            state = new State(rules, true, null);
            LogMessages.PolicyApplied(log, path, rules.Rules.Length);
            return;
        }

        string problem = $"{(state.WasGood ? PolicyTrouble.LastGoodStays : PolicyTrouble.OnlyPing)}: {findings[0].Place}: {findings[0].Message}";
        if (state.Problem != problem) LogMessages.PolicyRefused(log, string.Join('\n', findings), state.WasGood ? PolicyTrouble.LastGoodStays : PolicyTrouble.OnlyPing);
        state = state with { Problem = problem };
    }

    private sealed record State(PolicyRules Rules, bool WasGood, string? Problem);
}
