using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace Strata.Jupyter.Session;

/// <summary>The documentation file beside an assembly, read when it is first asked for.</summary>
/// <param name="path">The XML file.</param>
internal sealed class XmlDocumentation(string path) : DocumentationProvider
{
    private readonly Lazy<IReadOnlyDictionary<string, string>> _members = new(() => Read(path));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is XmlDocumentation other && other.File == File;

    /// <inheritdoc/>
    public override int GetHashCode() => File.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override string? GetDocumentationForSymbol(string documentationMemberID, CultureInfo preferredCulture, CancellationToken cancellationToken) =>
        _members.Value.GetValueOrDefault(documentationMemberID);

    private string File => path;

    private static IReadOnlyDictionary<string, string> Read(string path)
    {
        Dictionary<string, string> members = new(StringComparer.Ordinal);
        try
        {
            foreach (XElement member in XElement.Load(path).Descendants("member"))
                if ((string?)member.Attribute("name") is { } name) members[name] = member.ToString();
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            // Names without documentation are still names.
        }

        return members;
    }
}
