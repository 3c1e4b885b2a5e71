using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Text;

namespace Scout.Kubernetes;

/// <summary>One request and what comes of it: an answer of code 200, or a failure in words.</summary>
internal sealed class ApiTransport(ClusterConnection to, KubernetesClientOptions options, TimeProvider time, KubernetesCounters counters) : IDisposable
{
    private const int LongestStatus = 64 * 1024;
    private readonly TokenFile tokens = new(to.TokenFile, time);
    private readonly ApiHandlers handlers = new(to.CaFile, options);
    private readonly string agent = $"scout/{options.Version} ({(OperatingSystem.IsLinux() ? "linux" : "other")}/{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}) {options.Component}";

    public int Held => handlers.Held;

    /// <param name="path">Path and query, without a leading slash.</param>
    /// <param name="accept">Value of Accept.</param>
    /// <param name="kind">Plural, for counters.</param>
    /// <param name="verb">list, watch or get.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="KubernetesException">Any other answer, or none.</exception>
    public async Task<ApiAnswer> GetAsync(string path, string accept, string kind, string verb, CancellationToken cancel)
    {
        string token = tokens.Current();
        try
        {
            return await AttemptAsync(path, accept, kind, verb, token, cancel);
        }
        catch (KubernetesException error) when (error.Failure == ApiFailure.Unauthorized && tokens.ChangedFrom(token))
        {
            return await AttemptAsync(path, accept, kind, verb, tokens.Current(), cancel);
        }
    }

    private async Task<ApiAnswer> AttemptAsync(string path, string accept, string kind, string verb, string token, CancellationToken cancel)
    {
        ApiHandlers.Lease lease = handlers.Take();
        HttpResponseMessage? response = null;
        using var late = new CancellationTokenSource(options.HeadersTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(to.Server, path));
            request.Version = HttpVersion.Version20;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            request.Headers.TryAddWithoutValidation("User-Agent", agent);
            response = await lease.Invoker.SendAsync(request, either.Token);
            counters.Requested(kind, verb, (int)response.StatusCode);
            if (response.StatusCode != HttpStatusCode.OK) throw await RefusalAsync(response, either.Token);
            if (!IsJson(response)) throw await StrangerAsync(response, either.Token);
            var answer = new ApiAnswer(response, lease);
            response = null;
            lease = null!;
            return answer;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            counters.Requested(kind, verb, 0);
            throw new KubernetesException(ApiFailure.TimedOut, $"{to.Server.Authority} did not answer within {options.HeadersTimeout.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            counters.Requested(kind, verb, 0);
            throw Broken(error);
        }
        finally
        {
            response?.Dispose();
            lease?.Dispose();
        }
    }

    private KubernetesException Broken(Exception error)
    {
        string words = error.InnerException is { } inner ? $"{error.Message} {inner.Message}" : error.Message;
        HttpRequestError kind = (error as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown;
        if (kind == HttpRequestError.SecureConnectionError || error.InnerException is AuthenticationException)
        {
            return new KubernetesException(ApiFailure.Untrusted, $"{to.Server.Authority} is not trusted by {to.CaFile}: {words}", error);
        }

        return kind is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError || error is OperationCanceledException
            ? new KubernetesException(ApiFailure.Unreachable, $"no connection to {to.Server.Authority}: {words}", error)
            : new KubernetesException(ApiFailure.Disconnected, $"the connection to {to.Server.Authority} broke: {words}", error);
    }

    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType is { } type && type.EndsWith("json", StringComparison.OrdinalIgnoreCase);

    private static async Task<KubernetesException> StrangerAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        byte[] body = await BeginningAsync(response, cancel);
        string text = Encoding.UTF8.GetString(body);
        if (text.Length > 100) text = text[..100];
        return new KubernetesException(ApiFailure.NotTheApi, $"the answer is not the Kubernetes API's: \"{text.ReplaceLineEndings(" ")}\"") { Code = 200 };
    }

    private async Task<KubernetesException> RefusalAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        int code = (int)response.StatusCode;
        byte[] body = await BeginningAsync(response, cancel);
        if (!IsJson(response) || !ApiStatus.TryRead(body, out ApiStatus status)) status = default;
        TimeSpan? after = RetryAfter(response.Headers.RetryAfter);
        if (status.RetryAfter is { } told && (after is null || told > after)) after = told;
        string place = response.Headers.Location is { } location ? $" to {location}" : "";
        string words = status.Message is { Length: > 0 } message ? message : $"{to.Server.Authority} answered {code.ToString(CultureInfo.InvariantCulture)} {response.ReasonPhrase}{place}";
        return new KubernetesException(ApiStatus.FailureOf(code, status with { Reason = status.Reason ?? "" }), words)
        {
            Code = code,
            Reason = status.Reason is { Length: > 0 } reason ? reason : null,
            RetryAfter = after,
        };
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date && date > time.GetUtcNow() ? date - time.GetUtcNow() : null);

    private static async Task<byte[]> BeginningAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancel);
        byte[] buffer = new byte[LongestStatus];
        int count = 0;
        while (count < buffer.Length)
        {
            int read = await body.ReadAsync(buffer.AsMemory(count), cancel);
            if (read == 0) break;
            count += read;
        }

        return buffer[..count];
    }

    public void Dispose() => handlers.Dispose();
}
