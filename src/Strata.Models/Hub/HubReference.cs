namespace Strata.Models;

/// <summary>What a repository of the hub holds.</summary>
public enum HubKind
{
    /// <summary>A network.</summary>
    Model,

    /// <summary>A data set.</summary>
    DataSet,
}

/// <summary>
/// A place on the hub as users write it: <c>hf:org/name</c>, <c>hf:name</c> (names from before there were organisations), with <c>@revision</c> (a branch, a tag, a commit, <c>refs/pr/1</c>)
/// and with a file, <c>hf:org/name/folder/file.gguf@revision</c>. <c>hf:datasets/org/name</c> is a data set.
/// </summary>
public sealed record HubReference
{
    private const string Prefix = "hf:";
    private const string DataSetPrefix = "datasets/";
    private const int MaxIdLength = 96;
    private const string Expected = "Expected is hf:org/name, hf:org/name@revision or hf:org/name/file@revision.";

    private HubReference(HubKind kind, string id, string revision, string? file)
    {
        Kind = kind;
        Id = id;
        Revision = revision;
        File = file;
    }

    /// <summary>Model or data set.</summary>
    public HubKind Kind { get; }

    /// <summary>The repository: <c>org/name</c>, or <c>name</c>.</summary>
    public string Id { get; }

    /// <summary>Branch, tag or commit; <c>main</c> where none is written.</summary>
    public string Revision { get; }

    /// <summary>One file of the repository; null for those that are needed.</summary>
    public string? File { get; }

    /// <summary>Does a text name a place on the hub rather than a folder or a file?</summary>
    public static bool IsOne(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads a reference.</summary>
    /// <param name="text">With <c>hf:</c>.</param>
    /// <param name="kind">What is expected; <c>hf:datasets/...</c> is a data set in any case.</param>
    /// <exception cref="StrataException">The text is no reference, or a part of it has characters that no repository has.</exception>
    public static HubReference Parse(string text, HubKind kind = HubKind.Model)
    {
        if (!IsOne(text)) throw new StrataException($"{Excerpt.Quote(text)} does not begin with {Prefix}. {Expected}");
        string rest = text[Prefix.Length..];
        if (rest.StartsWith(DataSetPrefix, StringComparison.Ordinal)) (kind, rest) = (HubKind.DataSet, rest[DataSetPrefix.Length..]);
        int at = rest.IndexOf('@');
        string revision = at < 0 ? "main" : rest[(at + 1)..];
        string[] parts = (at < 0 ? rest : rest[..at]).Split('/');
        string id = string.Join('/', parts.Take(2));
        string? file = parts.Length > 2 ? string.Join('/', parts.Skip(2)) : null;
        if (id.Length > MaxIdLength || !parts.Take(2).All(IsName)) throw new StrataException($"{Excerpt.Quote(text)}: {Excerpt.Quote(id)} cannot be a repository: letters, digits, \"-\", \"_\" and \".\", with one \"/\" at most. {Expected}");
        if (HubPath.RefusalOfRevision(revision) is { } badRevision) throw new StrataException($"{Excerpt.Quote(text)}: {Excerpt.Quote(revision)} cannot be a revision: {badRevision}. {Expected}");
        if (file is not null && HubPath.Refusal(file) is { } badFile) throw new StrataException($"{Excerpt.Quote(text)}: {Excerpt.Quote(file)} cannot be a file of a repository: {badFile}. {Expected}");
        return new HubReference(kind, id, revision, file);
    }

    /// <summary>As users write it, with the revision.</summary>
    public override string ToString() => $"{Prefix}{(Kind == HubKind.DataSet ? DataSetPrefix : "")}{Id}{(File is null ? "" : "/" + File)}@{Revision}";

    /// <summary>One part of a repository's name. The cache writes "/" as "--", so the name itself cannot hold that.</summary>
    internal static bool IsName(string part) => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        && part[0] is not ('-' or '.') && part[^1] is not ('-' or '.') && !part.Contains("--", StringComparison.Ordinal) && !part.Contains("..", StringComparison.Ordinal);
}
