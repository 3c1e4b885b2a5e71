using System.Net;
using System.Net.Http.Headers;

namespace Scout.Kubernetes.Fake;

/// <summary>Speaks to a <see cref="FakeApi"/> without a socket, for tests in virtual time: everything happens where the test's own loop runs it.</summary>
public sealed class MemoryHandler(FakeApi api) : HttpMessageHandler
{
    private int openAnswers;

    /// <summary>Answers that were begun and whose reader has not let go of them.</summary>
    public int OpenAnswers => Volatile.Read(ref openAnswers);

    /// <summary>The server is away: nobody listens.</summary>
    public bool Away { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Away) throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused (memory)");
        var exchange = new MemoryExchange(request, by => Interlocked.Add(ref openAnswers, by));
        _ = RunAsync(exchange);
        await using CancellationTokenRegistration stopped = cancellationToken.Register(exchange.GiveUp);
        HttpResponseMessage? answer = await exchange.Started.Task;
        if (cancellationToken.IsCancellationRequested) answer?.Dispose();
        cancellationToken.ThrowIfCancellationRequested();
        return answer ?? throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was reset (memory)");
    }

    private async Task RunAsync(MemoryExchange exchange)
    {
        try
        {
            await api.HandleAsync(exchange);
            exchange.Complete();
        }
        catch (Exception error)
        {
            exchange.Abort();
            await Console.Error.WriteLineAsync($"fake API server: {error}");
        }
    }

#pragma warning disable CA1001 // The client disposes the body, and both have nothing but memory.
    private sealed class MemoryExchange : FakeExchange
#pragma warning restore CA1001
    {
        private readonly HttpRequestMessage request;
        private readonly CancellationTokenSource gone = new();
        private readonly MemoryBody body;

        private readonly Action<int> count;

        public MemoryExchange(HttpRequestMessage request, Action<int> count)
        {
            this.request = request;
            this.count = count;
            body = new MemoryBody(gone, () => count(-1));
            Query = request.RequestUri!.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
                .ToDictionary(pair => pair[0], pair => pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "");
        }

        public TaskCompletionSource<HttpResponseMessage?> Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override string Method => request.Method.Method;

        public override string Path => request.RequestUri!.AbsolutePath;

        public override IReadOnlyDictionary<string, string> Query { get; }

        public override CancellationToken Gone => gone.Token;

        public override string Header(string name) => request.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : "";

        public override Task<byte[]> BodyAsync() => Task.FromResult(Array.Empty<byte>());

        public override Task StartAsync(int code, IReadOnlyList<(string Name, string Value)> headers)
        {
            var answer = new HttpResponseMessage((HttpStatusCode)code) { Content = new BodyContent(body), RequestMessage = request };
            foreach ((string name, string value) in headers)
            {
                if (name == "Content-Type") answer.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
                else answer.Headers.TryAddWithoutValidation(name, value);
            }

            if (Started.TrySetResult(answer)) count(1);
            return Task.CompletedTask;
        }

        public override Task WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            body.Add(bytes.Span);
            return Task.CompletedTask;
        }

        public override void Abort()
        {
            body.End(broken: true);
            Started.TrySetResult(null);
        }

        public void Complete()
        {
            body.End(broken: false);
            Started.TrySetResult(null);
        }

        public void GiveUp()
        {
            if (Started.TrySetResult(null)) gone.Cancel();
        }
    }

    private sealed class BodyContent(Stream body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => body.CopyToAsync(stream);

        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(body);

        protected override void Dispose(bool disposing)
        {
            if (disposing) body.Dispose();
            base.Dispose(disposing);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
