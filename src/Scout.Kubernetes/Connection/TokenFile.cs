namespace Scout.Kubernetes;

/// <summary>The bearer token of a file that the kubelet exchanges by swapping a link: opened by its path each time.</summary>
internal sealed class TokenFile(string path, TimeProvider time)
{
    /// <summary>How old a reading may be when a request is made.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private string token = "";
    private long readAt;

    /// <exception cref="KubernetesException">There is no token and never was (<see cref="ApiFailure.NotConfigured"/>). A file that became unreadable leaves the last token in use.</exception>
    public string Current()
    {
        lock (gate)
        {
            if (token.Length > 0 && time.GetElapsedTime(readAt) < MaxAge) return token;
            Read();
            return token;
        }
    }

    /// <summary>Reads at once, as after a 401. True when the file holds another token than <paramref name="refused"/>.</summary>
    public bool ChangedFrom(string refused)
    {
        lock (gate)
        {
            Read();
            return token != refused;
        }
    }

    private void Read()
    {
        try
        {
            string text = File.ReadAllText(path).Trim();
            if (text.Length > 0)
            {
                token = text;
                readAt = time.GetTimestamp();
                return;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (token.Length == 0) throw new KubernetesException(ApiFailure.NotConfigured, $"token file {path}: {error.Message}", error);
        }

        if (token.Length == 0) throw new KubernetesException(ApiFailure.NotConfigured, $"token file {path} is empty");
        readAt = time.GetTimestamp();
    }
}
