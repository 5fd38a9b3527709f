namespace Strata.Models;

/// <summary>A failure that may pass: no connection, a cut, a timeout, a busy server.</summary>
internal sealed class PassingHubException(string message, TimeSpan? wait = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? Wait { get; } = wait;

    /// <summary>Nothing came back at all, as without a network.</summary>
    public bool NoAnswer => InnerException is not null;
}

/// <summary>Tries something again while its failures may pass: a bounded number of times, with a doubling wait, or the wait that the server asks for.</summary>
internal sealed class HubRetry(HubSettings settings, int attempts)
{
    private int _failures;

    /// <summary>Something was gained: failures are counted from here.</summary>
    public void Gained() => _failures = 0;

    /// <summary>Runs it until it succeeds or fails for good.</summary>
    /// <exception cref="HubException">It failed each time.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (PassingHubException e)
            {
                cancellation.ThrowIfCancellationRequested();
                if (++_failures >= attempts) throw new HubException($"{e.Message} Tried {(_failures == 1 ? "once" : $"{_failures} times")}. What has arrived is kept; the same command goes on from there.", e);
                if (e.Wait > settings.MaxRetryAfter) throw new HubException($"{e.Message} It asks to wait {e.Wait.Value.TotalSeconds:N0} s; try again then.", e);
                TimeSpan delay = settings.RetryDelay * Math.Pow(2, Math.Min(_failures - 1, 4));
                await Task.Delay(e.Wait > delay ? e.Wait.Value : delay, cancellation).ConfigureAwait(false);
            }
        }
    }
}
