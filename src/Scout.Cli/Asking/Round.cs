using System.Collections.Immutable;
using System.Security.Cryptography;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Signing;

namespace Scout.Cli.Asking;

/// <summary>
/// One round of questions: each on its node's own subject with a reply token of its own, 200 in flight. It ends when all have answered or their time is over,
/// and names how it ended for each.
/// </summary>
internal sealed class Round : IAsyncDisposable
{
    private const int InFlight = 200;

    private readonly NatsConnection nats;
    private readonly TimeProvider time;
    private readonly IReadOnlyList<Question> questions;
    private readonly TimeSpan wait;
    private readonly Action<NodeAnswer>? progress;
    private readonly TaskCompletionSource<NodeAnswer>[] waiting;
    private readonly long[] sent;
    private readonly bool[] twice;
    private readonly SemaphoreSlim slots = new(InFlight);
    private readonly Login login;
    private readonly string inbox;
    private readonly string id;
    private INatsSub<ReadOnlyMemory<byte>>? replies;
    private Task reading = Task.CompletedTask;

    public Round(NatsConnection nats, Login login, TimeProvider time, IReadOnlyList<Question> questions, TimeSpan wait, Action<NodeAnswer>? progress)
    {
        this.nats = nats;
        this.login = login;
        this.time = time;
        this.questions = questions;
        this.wait = wait;
        this.progress = progress;
        waiting = [.. questions.Select(_ => new TaskCompletionSource<NodeAnswer>(TaskCreationOptions.RunContinuationsAsynchronously))];
        sent = new long[questions.Count];
        twice = new bool[questions.Count];
        inbox = nats.Opts.InboxPrefix;
        id = SignedLines.Nonce(RandomNumberGenerator.GetBytes(SigningLimits.NonceBytes));
    }

    /// <summary>Answers in the order of the questions.</summary>
    public async Task<IReadOnlyList<NodeAnswer>> RunAsync(CancellationToken stop)
    {
        replies = await nats.SubscribeCoreAsync<ReadOnlyMemory<byte>>(Subjects.Answers(inbox, id), cancellationToken: stop);
        reading = ReadAsync(replies);
        NodeAnswer[] answers;
        nats.ServerError += Denied;
        try
        {
            answers = await Task.WhenAll(Enumerable.Range(0, questions.Count).Select(i => OneAsync(i, stop)));
        }
        finally
        {
            nats.ServerError -= Denied;
        }

        // A second reply may be on its way: what the server had before this round trip has come when it is over.
        await nats.PingAsync(stop);
        await replies.UnsubscribeAsync();
        await reading;
        for (int i = 0; i < answers.Length; i++)
        {
            if (twice[i]) answers[i] = new NodeAnswer(answers[i].Node, NodeOutcome.Contradictory);
        }

        return answers;
    }

    public async ValueTask DisposeAsync()
    {
        if (replies is not null) await replies.DisposeAsync();
        await reading;
        slots.Dispose();
    }

    // The broker says no to what the role may not publish: nobody will answer, so nobody is waited for.
    private ValueTask Denied(object? sender, NatsServerErrorEventArgs refused)
    {
        if (!refused.Error.StartsWith("Permissions Violation for Publish", StringComparison.Ordinal)) return ValueTask.CompletedTask;
        for (int i = 0; i < questions.Count; i++)
        {
            string subject = Subjects.RpcNode(questions[i].Node, questions[i].Request.Action);
            if (refused.Error.Contains($"\"{subject}\"", StringComparison.OrdinalIgnoreCase)) waiting[i].TrySetException(new NatsServerException(refused.Error));
        }

        return ValueTask.CompletedTask;
    }

    private async Task<NodeAnswer> OneAsync(int i, CancellationToken stop)
    {
        await slots.WaitAsync(stop);
        try
        {
            Question question = questions[i];
            string subject = Subjects.RpcNode(question.Node, question.Request.Action);
            byte[] body = RpcRequestWriter.ToBytes(question.Request);
            NatsHeaders headers = login.Headers(subject, body);
            sent[i] = time.GetTimestamp();
            await nats.PublishAsync(
                subject,
                body,
                headers,
                replyTo: Subjects.Answer(inbox, question.Node, id, i),
                cancellationToken: stop);
            NodeAnswer answer;
            try
            {
                answer = await waiting[i].Task.WaitAsync(wait, time, stop);
            }
            catch (TimeoutException)
            {
                answer = new NodeAnswer(question.Node, NodeOutcome.Silent);
            }

            progress?.Invoke(answer);
            return answer;
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task ReadAsync(INatsSub<ReadOnlyMemory<byte>> from)
    {
        try
        {
            await foreach (NatsMsg<ReadOnlyMemory<byte>> message in from.Msgs.ReadAllAsync())
            {
                // The broker lets a node speak where its own name stands: that is who answered, whatever the answer says.
                if (!Subjects.TryParseAnswer(message.Subject, inbox, id, out string? node, out int i) || i >= waiting.Length || questions[i].Node != node) continue;
                NodeAnswer answer = Read(i, message);
                if (!waiting[i].TrySetResult(answer) && answer.Came) twice[i] = true;
            }
        }
        catch (NatsException failure)
        {
            foreach (TaskCompletionSource<NodeAnswer> one in waiting) one.TrySetException(failure);
        }
    }

    private NodeAnswer Read(int i, NatsMsg<ReadOnlyMemory<byte>> message)
    {
        string node = questions[i].Node;
        if (message.HasNoResponders) return new NodeAnswer(node, NodeOutcome.NotConnected);
        TimeSpan took = time.GetElapsedTime(sent[i]);
        if (!RpcReplyReader.TryRead(message.Data, out RpcReply? reply, out string? error)) return new NodeAnswer(node, NodeOutcome.Silent) { Problem = error };
        // The subject belongs to one node: another name in the reply is a lie, or two servers with one name.
        if (reply.Node != node) return new NodeAnswer(node, NodeOutcome.Contradictory) { Problem = $"'{reply.Node}' answered in its place" };
        return new NodeAnswer(node, NodeOutcome.Answered) { Reply = reply, Raw = message.Data, RoundTrip = took };
    }
}
