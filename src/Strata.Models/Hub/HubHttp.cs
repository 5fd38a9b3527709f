using System.Net;
using System.Net.Http.Headers;

namespace Strata.Models;

/// <summary>An answer of the hub after redirects, with what the hub itself said on the way.</summary>
/// <param name="Message">The last answer.</param>
/// <param name="Linked">The first answer's headers on the file: the hub gives them even where it redirects to another host.</param>
internal sealed record HubAnswer(HttpResponseMessage Message, HubLinkedFile Linked) : IDisposable
{
    public void Dispose() => Message.Dispose();
}

/// <summary>What the hub's headers say of a file; null where they do not.</summary>
/// <param name="Commit"><c>X-Repo-Commit</c>.</param>
/// <param name="Hash"><c>X-Linked-Etag</c>, else <c>ETag</c>, without quotation marks.</param>
/// <param name="Size"><c>X-Linked-Size</c>, else the length of the content.</param>
internal sealed record HubLinkedFile(string? Commit, string? Hash, long? Size);

/// <summary>Sends requests to the hub: the token goes to the hub's own address and nowhere else, redirects are followed by hand, refusals become messages.</summary>
internal sealed class HubHttp : IDisposable
{
    private const int MaxRedirects = 10;

    private readonly HubSettings _settings;
    private readonly HttpClient _client;

    public HubHttp(HubSettings settings)
    {
        _settings = settings;
        SocketsHttpHandler handler = new() { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = settings.Timeout, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        _client = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("strata", typeof(HubHttp).Assembly.GetName().Version!.ToString(3)));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Asks once.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">An address at the hub.</param>
    /// <param name="from">First byte wanted; null for all.</param>
    /// <param name="asked">What is asked for, for messages.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HubException">The hub refused.</exception>
    /// <exception cref="PassingHubException">It may work the next time.</exception>
    public async Task<HubAnswer> SendAsync(HttpMethod method, Uri address, long? from, HubReference asked, CancellationToken cancellation)
    {
        HubLinkedFile? linked = null;
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            HttpResponseMessage message = await SendOnceAsync(method, address, from, cancellation).ConfigureAwait(false);
            linked ??= Linked(message);
            // The size and hash of a file stand in the hub's own answer; a HEAD to where its bytes are would say nothing new.
            if (message.IsSuccessStatusCode || IsBeyondEnd(message) || (method == HttpMethod.Head && linked is { Hash: not null, Size: not null })) return new HubAnswer(message, linked ?? new HubLinkedFile(null, null, null));
            using (message)
            {
                if ((int)message.StatusCode is not (301 or 302 or 303 or 307 or 308)) throw Refusal(message, asked);
                address = Next(address, message.Headers.Location);
            }
        }

        throw new HubException($"{asked}: {_settings.Endpoint.Host} redirected more than {MaxRedirects} times.");
    }

    /// <summary>Reads with the time limit.</summary>
    public async Task<T> WithinTimeAsync<T>(string host, Func<CancellationToken, Task<T>> wait, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_settings.Timeout);
        try
        {
            return await wait(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new PassingHubException($"{host} did not answer within {_settings.Timeout.TotalSeconds:0.#} s.", null, e);
        }
        catch (HttpRequestException e)
        {
            throw new PassingHubException($"{host} was not reached: {e.Message.TrimEnd('.')}.", null, e);
        }
        catch (IOException e) when (!cancellation.IsCancellationRequested)
        {
            throw new PassingHubException($"The connection to {host} was cut: {e.Message}", null, e);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, Uri address, long? from, CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(method, address);
        if (_settings.Token is { } token && IsHub(address)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (from is > 0) request.Headers.Range = new RangeHeaderValue(from, null);
        return await WithinTimeAsync(address.Host, limit => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit), cancellation).ConfigureAwait(false);
    }

    /// <summary>Does the server have no bytes where the answer was to begin?</summary>
    public static bool IsBeyondEnd(HttpResponseMessage message) => message.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && message.RequestMessage!.Headers.Range is not null;

    /// <summary>Same scheme, host and port as the hub.</summary>
    private bool IsHub(Uri address) => Uri.Compare(address, _settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private Uri Next(Uri address, Uri? location)
    {
        if (location is null) throw new HubException($"{address.Host} redirected without saying where to.");
        Uri next = new(address, location);
        bool weaker = address.Scheme == "https" && next.Scheme == "http";
        return next.Scheme is "http" or "https" && !weaker ? next : throw new HubException($"{address.Host} redirected from {address.Scheme} to {Excerpt.Quote(next.Scheme)}, which is not followed.");
    }

    /// <summary>What an answer says of the file; null for a redirect that says nothing yet, as for a repository that was renamed.</summary>
    private static HubLinkedFile? Linked(HttpResponseMessage message)
    {
        string? hash = Header(message, "X-Linked-Etag") ?? (message.IsSuccessStatusCode ? Header(message, "ETag") : null);
        if (hash is not null) hash = (hash.StartsWith("W/", StringComparison.Ordinal) ? hash[2..] : hash).Trim('"').ToLowerInvariant();
        long? size = long.TryParse(Header(message, "X-Linked-Size"), out long linked) ? linked : message.IsSuccessStatusCode ? message.Content.Headers.ContentLength : null;
        return message.IsSuccessStatusCode || hash is not null ? new HubLinkedFile(Header(message, "X-Repo-Commit"), hash, size) : null;
    }

    private static string? Header(HttpResponseMessage message, string name) => message.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;

    private Exception Refusal(HttpResponseMessage message, HubReference asked)
    {
        int status = (int)message.StatusCode;
        string host = message.RequestMessage!.RequestUri!.Host;
        if (status is 408 or 429 or >= 500)
            return new PassingHubException($"{host} answered {status} ({(status == 429 ? "too many requests" : message.StatusCode)}) for {asked}.", RetryAfter(message));
        string code = Header(message, "X-Error-Code") ?? "";
        Uri page = new($"{_settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{(asked.Kind == HubKind.DataSet ? "datasets/" : "")}{asked.Id}");
        const string SetToken = "set HF_TOKEN to a token of yours that may read it";
        return new HubException((message.StatusCode, code) switch
        {
            (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, "GatedRepo") => HasToken
                ? $"{asked.Id} is gated, and the token in use has no access to it. Ask for access at {page} with the account of the token."
                : $"{asked.Id} is gated: its owners want their conditions accepted first. Accept them at {page}, then {SetToken}.",
            (HttpStatusCode.Unauthorized, _) => HasToken
                ? $"{asked.Id} was not found, or the token in use is not valid or may not see it. Check the name and the token (HF_TOKEN)."
                : $"{asked.Id} was not found, or is private. Check the name; if it is private, {SetToken}.",
            (HttpStatusCode.Forbidden, _) => $"{host} forbids {asked}. {(HasToken ? "The token in use (HF_TOKEN) lacks the right to read it" : char.ToUpperInvariant(SetToken[0]) + SetToken[1..])}.",
            (HttpStatusCode.NotFound, "RevisionNotFound") => $"{asked.Id} has no revision {Excerpt.Quote(asked.Revision)}. Leave @{asked.Revision} out for main, or look at {page}.",
            (HttpStatusCode.NotFound, "EntryNotFound") => $"{asked.Id} has no file {Excerpt.Quote(asked.File ?? "")} at {asked.Revision}.",
            (HttpStatusCode.NotFound, _) => $"{asked} was not found at {host}. Check the name{(HasToken ? "" : "; if it is private, " + SetToken)}.",
            _ => $"{host} answered {status} ({message.StatusCode}) for {asked}.",
        });
    }

    private bool HasToken => _settings.HasToken;

    private static TimeSpan? RetryAfter(HttpResponseMessage message)
    {
        TimeSpan? wait = message.Headers.RetryAfter?.Delta ?? message.Headers.RetryAfter?.Date - DateTimeOffset.UtcNow;
        return wait > TimeSpan.Zero ? wait : null;
    }
}
