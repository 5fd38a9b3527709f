using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Strata.Models;

namespace Strata.Jupyter.Session.Packages;

/// <summary>The packages and package sources that a cell, and the files that it loads, ask for.</summary>
/// <param name="Requests">The packages, in order.</param>
/// <param name="Sources">Addresses or folders of package sources.</param>
/// <param name="Code">The cell as the compiler takes it: what is no C# (<c>#i</c>) is blank.</param>
internal sealed record PackageDirectives(IReadOnlyList<PackageRequest> Requests, IReadOnlyList<string> Sources, string Code)
{
    private static readonly CSharpParseOptions Script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    /// <summary>Reads the directives of a cell.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="folder">Where relative paths of <c>#load</c> and of package sources begin.</param>
    /// <exception cref="StrataException">A directive is malformed.</exception>
    public static PackageDirectives Read(string code, string folder)
    {
        // Most cells have none, and need not be parsed for it.
        if (!code.Contains("#load", StringComparison.Ordinal) && !code.Contains("#i", StringComparison.Ordinal) && !code.Contains(PackageRequest.Scheme, StringComparison.OrdinalIgnoreCase)) return new PackageDirectives([], [], code);
        string[] sources = SourceDirectives(code).Select(directive => Source(directive.ToString(), folder)).ToArray();
        List<PackageRequest> requests = [];
        Collect(code, folder, requests, []);
        return new PackageDirectives(requests, sources, WithoutSources(code));
    }

    /// <summary>A cell, or a draft of one, with its <c>#i</c> lines blank.</summary>
    public static string WithoutSources(string code)
    {
        if (!code.Contains("#i", StringComparison.Ordinal)) return code;
        char[] kept = code.ToCharArray();
        foreach (BadDirectiveTriviaSyntax directive in SourceDirectives(code))
            for (int at = directive.SpanStart; at < directive.Span.End; at++)
                if (kept[at] is not ('\n' or '\r')) kept[at] = ' ';
        return new string(kept);
    }

    private static void Collect(string code, string folder, List<PackageRequest> requests, HashSet<string> seen)
    {
        foreach (DirectiveTriviaSyntax directive in Directives(code))
        {
            if (directive is ReferenceDirectiveTriviaSyntax { File.ValueText: { } reference } && PackageRequest.IsOne(reference)) requests.Add(PackageRequest.Parse(reference));
            if (directive is not LoadDirectiveTriviaSyntax { File.ValueText: { Length: > 0 } file }) continue;

            // A file that is missing is the compiler's to report, with its place.
            string path = Path.GetFullPath(file, folder);
            if (File.Exists(path) && seen.Add(path)) Collect(File.ReadAllText(path), Path.GetDirectoryName(path)!, requests, seen);
        }
    }

    private static IEnumerable<DirectiveTriviaSyntax> Directives(string code)
    {
        for (DirectiveTriviaSyntax? directive = CSharpSyntaxTree.ParseText(code, Script).GetRoot().GetFirstDirective(); directive is not null; directive = directive.GetNextDirective())
            yield return directive;
    }

    private static IEnumerable<BadDirectiveTriviaSyntax> SourceDirectives(string code) =>
        Directives(code).OfType<BadDirectiveTriviaSyntax>().Where(directive => directive.Identifier.ValueText == "i");

    private static string Source(string directive, string folder)
    {
        int open = directive.IndexOf('"'), close = directive.LastIndexOf('"');
        string text = open >= 0 && close > open ? directive[(open + 1)..close].Trim() : "";
        string source = PackageRequest.IsOne(text) ? text[PackageRequest.Scheme.Length..].Trim() : "";
        if (Uri.TryCreate(source, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https") return source;
        string path = source.Length == 0 ? "" : Path.GetFullPath(source, folder);
        return Directory.Exists(path)
            ? path
            : throw new StrataException($"{directive.Trim()} names no package source. Write #i \"nuget:https://host/v3/index.json\" or #i \"nuget:FOLDER\" with a folder that exists.");
    }
}
