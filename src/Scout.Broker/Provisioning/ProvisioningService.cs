using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;
using Scout.Proving;

namespace Scout.Broker.Provisioning;

/// <summary>
/// The provisioner's ears: requests for credentials in one account, renewals, admins and startups in the other. One request at a time; what does not fit its bounds is
/// answered or dropped before any work is done for it.
/// </summary>
internal sealed class ProvisioningService(Provisioner provisioner, ITrustSource trust, IProvisioningRecord record, ILogger log, TimeProvider time)
{
    /// <summary>Between two looks at tokens: as long as a spent one may look unspent after an interruption.</summary>
    private static readonly TimeSpan BetweenUpkeeps = TimeSpan.FromMinutes(10);

    private readonly RequestProof proof = CallerTokens.Proof(trust, [], time);

    /// <summary>Listens until told to stop, or until a subscription is refused.</summary>
    /// <param name="fleet">Logged in as role provisioner.</param>
    /// <param name="provision">Logged in as role provisioner-enrol.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(NatsConnection fleet, NatsConnection provision, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] ears =
        [
            HearAsync(provision, Subjects.AllEnrolments, EnrollAsync, either.Token),
            HearAsync(provision, Subjects.AllRecoveries, RecoverAsync, either.Token),
            HearAsync(fleet, Subjects.AllRenewals, RenewAsync, either.Token),
            HearAsync(fleet, Subjects.AllAdmin, AdminAsync, either.Token),
            HearAsync(fleet, EnrolmentSubjects.AllStartups, StartedAsync, either.Token),
            SayReadyAsync(fleet, provision, either.Token),
            UpkeepAsync(fleet, either.Token),
            new TrustAnnouncer(fleet, trust, log, time).RunAsync(either.Token),
        ];
        Task first = await Task.WhenAny(ears);
        await either.CancelAsync();
        await Task.WhenAll(ears).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stop.IsCancellationRequested) await first;
    }

    // A round trip behind the subscriptions: from here on nobody is told that nobody listens.
    private async Task SayReadyAsync(NatsConnection fleet, NatsConnection provision, CancellationToken stop)
    {
        await fleet.PingAsync(stop);
        await provision.PingAsync(stop);
        BrokerLog.ProvisionerListens(log);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
    }

    // The first look comes when the ears are open, so that no startup falls between the two.
    private async Task UpkeepAsync(NatsConnection fleet, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(BetweenUpkeeps, time);
        do
        {
            try
            {
                await fleet.PingAsync(stop);
                (int spent, int removed) = await provisioner.UpkeepAsync(stop);
                if (spent + removed > 0) BrokerLog.Upkeep(log, spent, removed);
            }
            catch (Exception failure) when (failure is NatsException or ProvisioningException)
            {
                BrokerLog.UpkeepFailed(log, failure.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    // An event carries headers for the stream of its own; a copy of one names the stream it came from.
    private static bool IsSteered(in NatsMsg<ReadOnlyMemory<byte>> message)
    {
        if (message.Headers is not { } headers) return false;
        bool isEvent = Subjects.TryParseLifecycle(message.Subject, out _);
        return headers.Keys.Any(name => isEvent ? name.StartsWith("Nats-Stream", StringComparison.OrdinalIgnoreCase) : SigningHeaders.IsSteered(name));
    }

    private async Task HearAsync(NatsConnection line, string subject, Func<NatsMsg<ReadOnlyMemory<byte>>, CancellationToken, Task> handle, CancellationToken stop)
    {
        await foreach (NatsMsg<ReadOnlyMemory<byte>> message in line.SubscribeAsync<ReadOnlyMemory<byte>>(subject, cancellationToken: stop))
        {
            try
            {
                // What a server copied here was never asked by anybody (security.md 6, trap 3), and an answer is sent to an inbox or nowhere: the asker names the place, we publish.
                if (IsSteered(message)) continue;
                if (message.ReplyTo is null || Subjects.IsAnswerPlace(message.ReplyTo)) await handle(message, stop);
                else record.Audit(Row(null, "other", subject, "refused", "denied", SignatureFaults.NoInbox));
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // One bad request must not stop the others.
                BrokerLog.ProvisioningTrouble(log, message.Subject, failure.Message);
            }
        }
    }

    private async Task EnrollAsync(NatsMsg<ReadOnlyMemory<byte>> message, CancellationToken stop)
    {
        if (message.ReplyTo is null || !EnrolmentSubjects.TryParseEnroll(message.Subject, out string? key)) return;
        await AnswerAsync(message, EnrolmentRequest.TryRead(message.Data, out EnrolmentRequest? request, out string? error) ? await provisioner.EnrollAsync(key, request, stop) : Unreadable("enroll", error), stop);
        await provisioner.SettleAsync(stop);
    }

    private async Task RecoverAsync(NatsMsg<ReadOnlyMemory<byte>> message, CancellationToken stop)
    {
        if (message.ReplyTo is null || !EnrolmentSubjects.TryParseRecover(message.Subject, out string? key)) return;
        await AnswerAsync(message, EnrolmentRequest.TryRead(message.Data, out EnrolmentRequest? request, out string? error) ? await provisioner.RecoverAsync(key, request, stop) : Unreadable("recover", error), stop);
    }

    private async Task RenewAsync(NatsMsg<ReadOnlyMemory<byte>> message, CancellationToken stop)
    {
        if (message.ReplyTo is null || !Subjects.TryParseRenew(message.Subject, out string? node)) return;
        await AnswerAsync(message, EnrolmentRequest.TryRead(message.Data, out EnrolmentRequest? request, out string? error) ? await provisioner.RenewAsync(node, request, stop) : Unreadable("renew", error), stop);
    }

    // A node publishes it as a stream's event, with a reply subject for the acknowledgement; an acknowledgement that somebody steered here has none (security.md 6, trap 3).
    private Task StartedAsync(NatsMsg<ReadOnlyMemory<byte>> message, CancellationToken stop) =>
        message.ReplyTo is not null && Subjects.TryParseLifecycle(message.Subject, out LifecycleSubject subject) && subject.Kind == LifecycleKind.Startup
            ? provisioner.StartedAsync(subject.Node, stop)
            : Task.CompletedTask;

    private async Task AdminAsync(NatsMsg<ReadOnlyMemory<byte>> message, CancellationToken stop)
    {
        RequestSignature? signed = RequestProof.Look(message.ReplyTo, message.Headers?.EachValue() ?? [], message.Data.Length, out string? why);
        ProofResult result = signed is null ? new ProofResult(ProofOutcome.Refused, null, why) : proof.Prove(signed, message.Subject, message.Data.Span);
        bool known = EnrolmentSubjects.TryParseAdmin(message.Subject, out AdminAction action);
        if (result.Outcome == ProofOutcome.Refused || result.Caller is { Role: not ScoutRole.Admin })
        {
            record.Audit(Row(result.Caller, known ? AdminActions.Name(action) : "other", message.Subject, "refused", "denied", result.Why ?? "the caller's role is not admin"));
            return;
        }

        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        AdminReply reply;
        if (result.Outcome != ProofOutcome.Proven)
        {
            string code = result.Outcome == ProofOutcome.Stale ? "stale" : "busy";
            record.Audit(Row(result.Caller, known ? AdminActions.Name(action) : "other", message.Subject, "refused", code, result.Why));
            reply = new AdminReply { Code = code, Message = result.Why, Time = now };
        }
        else if (!known)
        {
            record.Audit(Row(result.Caller, "other", message.Subject, "refused", "unknown_action", null));
            reply = new AdminReply { Code = "unknown_action", Message = "this broker does not know that request: is it older than the command?", Time = now };
        }
        else if (!AdminRequest.TryRead(action, message.Data, out AdminRequest? request, out string? error))
        {
            record.Audit(Row(result.Caller, AdminActions.Name(action), message.Subject, "refused", "bad_request", error));
            reply = new AdminReply { Code = "bad_request", Message = error, Time = now };
        }
        else
        {
            reply = await provisioner.AdminAsync(action, request, result.Caller!.Name, result.Caller.Key, stop);
        }

        await message.ReplyAsync<ReadOnlyMemory<byte>>(reply.ToBytes(), cancellationToken: stop);
        if (reply.Code == Provisioner.Pending) await provisioner.ApplyAsync(stop);
    }

    private static AuditData Row(ProvenCaller? caller, string action, string subject, string decision, string code, string? message) => new()
    {
        Caller = caller?.Name ?? AuditData.Unproven,
        Key = caller?.Key,
        Role = caller is null ? null : RoleNames.Word(caller.Role),
        Action = action,
        Request = "",
        Scope = "all",
        Subject = subject,
        Decision = decision,
        Code = code,
        Message = message,
    };

    private EnrolmentReply Unreadable(string action, string? error)
    {
        record.Audit(Row(null, action, "", "refused", "bad_request", error));
        return new EnrolmentReply { Status = EnrolmentStatus.Refused, Code = EnrolmentCode.BadRequest, Message = error, Time = time.GetUtcNow().ToUnixTimeMilliseconds() };
    }

    private static async Task AnswerAsync(NatsMsg<ReadOnlyMemory<byte>> message, EnrolmentReply reply, CancellationToken stop) =>
        await message.ReplyAsync<ReadOnlyMemory<byte>>(reply.ToBytes(), cancellationToken: stop);
}
