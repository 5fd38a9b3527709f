using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Xunit;

namespace Strata.DotNetInteractive.Tests;

/// <summary>The package as <c>dotnet pack</c> writes it.</summary>
public sealed class PackageTests : IClassFixture<PackedPackage>
{
    private readonly PackedPackage _package;

    public PackageTests(PackedPackage package) => _package = package;

    [Fact]
    public void TheExtensionIsWhereTheHostLooksForIt()
    {
        string dib = _package.Text("interactive-extensions/dotnet/extension.dib");

        Assert.StartsWith($"#r \"nuget: Strata.DotNetInteractive, {_package.Version}\"\n", dib.ReplaceLineEndings("\n"));
        Assert.DoesNotContain("VERSION", dib);
        // A dll there would be loaded before the extension, apart from the assemblies that cells refer to.
        Assert.DoesNotContain(_package.Entries, e => e.StartsWith("interactive-extensions", StringComparison.Ordinal) && e.EndsWith(".dll", StringComparison.Ordinal));
    }

    [Fact]
    public void ItHoldsStrataWithItsDocumentation()
    {
        foreach (string assembly in (string[])["Strata.Tensors", "Strata.Models", "Strata.Research", "Strata.Notebooks", "Strata.DotNetInteractive"])
        {
            Assert.Contains($"lib/net10.0/{assembly}.dll", _package.Entries);
            Assert.Contains($"lib/net10.0/{assembly}.xml", _package.Entries);
        }
    }

    [Fact]
    public void NoAssemblyRefersToTheHostOrToWhatIsNotThere()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string[] assemblies = _package.Entries.Where(e => e.EndsWith(".dll", StringComparison.Ordinal)).ToArray();
        HashSet<string> inside = assemblies.Select(entry => Path.GetFileNameWithoutExtension(entry)).ToHashSet();
        foreach (string entry in assemblies)
        {
            using PEReader image = new(new MemoryStream(_package.Bytes(entry)));
            MetadataReader metadata = image.GetMetadataReader();
            foreach (string reference in metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)))
            {
                Assert.DoesNotContain("Interactive", reference.Replace("Strata.DotNetInteractive", ""));
                bool found = File.Exists(Path.Combine(runtime, reference + ".dll")) || inside.Contains(reference) || _package.Dependencies.Contains(reference);
                Assert.True(found, $"{entry} refers to {reference}, which is neither in the runtime, nor in the package, nor one of its dependencies.");
            }
        }
    }

    [Fact]
    public void WhatTheHostHasInAnotherVersionLiesApart()
    {
        Assert.Contains("tools/net10.0/System.CommandLine.dll", _package.Entries);
        Assert.DoesNotContain("System.CommandLine", _package.Dependencies);
        Assert.Contains("System.CommandLine", _package.Text("THIRD-PARTY-NOTICES.txt"));
    }

    [Fact]
    public void AHostForAnOlderRuntimeCanRestoreItAndIsToldWhatIsNeeded() => Assert.Contains("lib/netstandard2.0/_._", _package.Entries);
}

/// <summary>Packs the project as it was built for this test run.</summary>
public sealed class PackedPackage : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-package-");
    private readonly ZipArchive _zip;

    public PackedPackage()
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string project = Path.Combine(Repository.Root, "src", "adapters", "Strata.DotNetInteractive");
        Finished pack = Programs.Run("dotnet", ["pack", project, "--no-build", "-c", configuration, "-o", _folder.FullName]).GetAwaiter().GetResult();
        Assert.True(pack.Code == 0, pack.Output);
        _zip = ZipFile.OpenRead(Assert.Single(_folder.GetFiles("*.nupkg")).FullName);
        Entries = _zip.Entries.Select(e => e.FullName).ToHashSet();
        XDocument nuspec = XDocument.Parse(Text("Strata.DotNetInteractive.nuspec"));
        Version = nuspec.Descendants().First(e => e.Name.LocalName == "version").Value;
        Dependencies = nuspec.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value).ToHashSet();
    }

    public IReadOnlySet<string> Entries { get; }

    public IReadOnlySet<string> Dependencies { get; }

    public string Version { get; }

    public byte[] Bytes(string entry)
    {
        using MemoryStream copy = new();
        using Stream stream = _zip.GetEntry(entry)!.Open();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public string Text(string entry)
    {
        using StreamReader reader = new(_zip.GetEntry(entry)!.Open());
        return reader.ReadToEnd();
    }

    public void Dispose()
    {
        _zip.Dispose();
        _folder.Delete(recursive: true);
    }
}
