using System.IO.Compression;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Strata.Jupyter.Tests.Session;

/// <summary>A folder of packages made for a test, with settings that name no other source: restores from it need no network.</summary>
internal sealed class PackageFeed : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-feed-");

    public PackageFeed()
    {
        Directory.CreateDirectory(Packages);
        File.WriteAllText(Path.Combine(Folder, "nuget.config"), $"""
            <configuration><packageSources><clear /><add key="test" value="{Packages}" /></packageSources><config><add key="globalPackagesFolder" value="{Path.Combine(Folder, "global")}" /></config></configuration>
            """);
    }

    /// <summary>The notebook's folder.</summary>
    public string Folder => _folder.FullName;

    /// <summary>The package source.</summary>
    public string Packages => Path.Combine(Folder, "feed");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Adds a package with one assembly, compiled from source.</summary>
    /// <param name="id">Its id and the assembly's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="source">C#.</param>
    /// <param name="dependency">Another package of the feed that it needs.</param>
    /// <param name="native">A native library that it brings for this machine.</param>
    /// <param name="into">Another source to put it into.</param>
    public void Add(string id, string version, string source, (string Id, string Version)? dependency = null, (string Name, string File)? native = null, string? into = null)
    {
        Directory.CreateDirectory(into ?? Packages);
        using ZipArchive package = ZipFile.Open(Path.Combine(into ?? Packages, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        string needs = dependency is { } needed ? $"<dependency id=\"{needed.Id}\" version=\"{needed.Version}\" />" : "";
        Write(package, $"{id}.nuspec", System.Text.Encoding.UTF8.GetBytes($"""
            <?xml version="1.0"?><package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>{id}</id><version>{version}</version><authors>test</authors>
            <description>made for a test</description><dependencies><group targetFramework="net10.0">{needs}</group></dependencies></metadata></package>
            """));
        Write(package, $"lib/net10.0/{id}.dll", Compile(id, version, source, dependency?.Id));
        if (native is { } library) Write(package, $"runtimes/{System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}/native/{library.Name}", File.ReadAllBytes(library.File));
    }

    private byte[] Compile(string name, string version, string source, string? needed)
    {
        IEnumerable<string> platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal));
        List<MetadataReference> references = [.. platform.Select(path => MetadataReference.CreateFromFile(path))];
        if (needed is not null) references.Add(MetadataReference.CreateFromFile(Path.Combine(Folder, needed + ".dll")));
        SyntaxTree[] trees = [CSharpSyntaxTree.ParseText($"[assembly: System.Reflection.AssemblyVersion(\"{version}.0\")]"), CSharpSyntaxTree.ParseText(source)];
        using MemoryStream bytes = new();
        Microsoft.CodeAnalysis.Emit.EmitResult result = CSharpCompilation.Create(name, trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(bytes);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        File.WriteAllBytes(Path.Combine(Folder, name + ".dll"), bytes.ToArray());
        return bytes.ToArray();
    }

    private static void Write(ZipArchive package, string name, byte[] content)
    {
        using Stream entry = package.CreateEntry(name).Open();
        entry.Write(content);
    }
}
