namespace Strata.Models;

/// <summary>Where the hub is, where its files are kept, and as whom it is asked: the environment variables that its other clients read too.</summary>
public sealed class HubSettings
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>Address of the hub without a slash at the end (<c>HF_ENDPOINT</c>).</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The cache: <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>huggingface/hub</c> in <c>XDG_CACHE_HOME</c> or <c>~/.cache</c>.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Never asks the network (<c>HF_HUB_OFFLINE</c>).</summary>
    public bool Offline { get; init; }

    /// <summary>Files that are downloaded at the same time.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>How long an answer, or the next bytes of one, may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request that brings nothing is tried before it counts as failed.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Wait before the second try; doubled for each further one, up to 16 times this.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait that the hub may ask for (<c>Retry-After</c>).</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The user's token (<c>HF_TOKEN</c>, else the file <c>HF_TOKEN_PATH</c> or <c>HF_HOME/token</c>); null for none. Not public, so that nothing shows it.</summary>
    internal string? Token { get; init; }

    /// <summary>Whether there is a token.</summary>
    public bool HasToken => Token is not null;

    /// <summary>Bytes free where a folder lies; null where that cannot be told.</summary>
    internal Func<string, long?> FreeBytes { get; init; } = FreeBytesOf;

    /// <summary>Makes a symbolic link: path and target.</summary>
    internal Action<string, string> Link { get; init; } = (path, target) => File.CreateSymbolicLink(path, target);

    /// <summary>The settings of the environment.</summary>
    /// <exception cref="StrataException">The endpoint is no address, or the token has characters that no token has.</exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>The settings of these variables.</summary>
    internal static HubSettings From(Func<string, string?> variable)
    {
        string? Value(params string[] names) => names.Select(variable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value))?.Trim();
        string home = Folder(Value("HF_HOME") ?? Path.Combine(Value("XDG_CACHE_HOME") ?? "~/.cache", "huggingface"));
        string cache = Folder(Value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"));
        string? token = Value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") ?? TokenOf(Folder(Value("HF_TOKEN_PATH") ?? Path.Combine(home, "token")));
        if (token is not null && token.Any(c => c is <= ' ' or > '~')) throw new StrataException("The token for the hub (HF_TOKEN, or the file \"token\" in HF_HOME) holds blanks or other characters that no token has. Set it again.");
        return new HubSettings
        {
            Endpoint = Address(Value("HF_ENDPOINT") ?? DefaultEndpoint),
            CacheFolder = cache,
            Offline = Value("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE",
            Token = token,
        };
    }

    private static Uri Address(string text) => Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0
        ? address
        : throw new StrataException($"HF_ENDPOINT {Excerpt.Quote(text)} is no address of a hub; expected such as {DefaultEndpoint}.");

    private static string Folder(string path) =>
        Path.GetFullPath(path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..] : path);

    private static string? TokenOf(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? FreeBytesOf(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
