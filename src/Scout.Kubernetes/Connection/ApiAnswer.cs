namespace Scout.Kubernetes;

/// <summary>An answer with code 200 whose body is still to be read, and the connection that it comes on.</summary>
internal sealed class ApiAnswer(HttpResponseMessage response, IDisposable lease) : IDisposable
{
    public HttpContent Content => response.Content;

    public void Dispose()
    {
        response.Dispose();
        lease.Dispose();
    }
}
