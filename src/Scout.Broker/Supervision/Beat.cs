using Microsoft.Extensions.Logging;

namespace Scout.Broker.Supervision;

/// <summary>What is looked at again and again for as long as a broker runs.</summary>
internal static class Beat
{
    /// <summary>Until stopped, whatever a look runs into: a certificate that is looked at no more would be noticed when it has expired.</summary>
    /// <param name="what">For the log.</param>
    /// <param name="interval">Before each look.</param>
    /// <param name="look">May throw.</param>
    /// <param name="log">Of the broker.</param>
    /// <param name="time">For the waits.</param>
    /// <param name="stop">Ends it, without an exception.</param>
    public static async Task EachAsync(string what, TimeSpan interval, Func<Task> look, ILogger log, TimeProvider time, CancellationToken stop)
    {
        while (!await PauseAsync(interval, time, stop))
        {
            try
            {
                await look();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                BrokerLog.SecureTrouble(log, what, failure.Message);
            }
        }
    }

    /// <summary>True when we were stopped meanwhile.</summary>
    public static async Task<bool> PauseAsync(TimeSpan wait, TimeProvider time, CancellationToken stop)
    {
        try
        {
            await Task.Delay(wait, time, stop);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
