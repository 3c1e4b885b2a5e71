using Scout.Server.Outbox;
using Scout.Server.Store;

namespace Scout.Server.Tests.Outbox;

/// <summary>A stream that answers as the test says, and keeps what it took as a real one does.</summary>
internal sealed class ScriptedStream : IEventStream
{
    private readonly HashSet<string> known = [];

    /// <summary>What to answer; null for what a healthy stream answers.</summary>
    public Func<StoredEvent, string, PublishAnswer?> Script { get; set; } = static (_, _) => null;

    /// <summary>When true, nothing is answered until <see cref="AnswerAll"/>.</summary>
    public bool Slow { get; set; }

    /// <summary>Every attempt: sequence and message id.</summary>
    public List<(long Sequence, string Id)> Attempts { get; } = [];

    /// <summary>What is stored, in order.</summary>
    public List<StoredEvent> Stored { get; } = [];

    public List<(StoredEvent Item, string Id, TaskCompletionSource<PublishAnswer> Answer)> Waiting { get; } = [];

    public ValueTask<PublishAnswer> PublishAsync(StoredEvent item, string messageId, CancellationToken cancel)
    {
        Attempts.Add((item.Sequence, messageId));
        if (!Slow) return new(Decide(item, messageId));
        var waiting = new TaskCompletionSource<PublishAnswer>();
        Waiting.Add((item, messageId, waiting));
        return new(waiting.Task);
    }

    public void AnswerAll()
    {
        var waiting = Waiting.ToArray();
        Waiting.Clear();
        foreach (var (item, id, answer) in waiting) answer.SetResult(Decide(item, id));
    }

    /// <summary>As if somebody had stored a message with that id before.</summary>
    public void Know(string id) => known.Add(id);

    private PublishAnswer Decide(StoredEvent item, string id)
    {
        if (Script(item, id) is { } answer)
        {
            // No answer does not mean not stored.
            if (answer.Result == PublishResult.NoAnswer && known.Add(id)) Stored.Add(item);
            return answer;
        }

        if (!known.Add(id)) return new PublishAnswer(PublishResult.Stored, item.Stream, Duplicate: true);
        Stored.Add(item);
        return new PublishAnswer(PublishResult.Stored, item.Stream);
    }
}
