using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Strata.Jupyter.Session;
using Strata.Notebooks;

namespace Strata.Jupyter.Tests.Session;

/// <summary>An assembly with formatters of its own, compiled for the test, is referred to by a cell.</summary>
[Collection(SessionTests.Name)]
public sealed class ReferencedFormattersTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-formatters-");
    private readonly CSharpSession _session = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task FormattersOfAnAssemblyAreThereInTheCellThatRefersToIt()
    {
        string assembly = Compile("Shapes", """
            [assembly: Strata.Notebooks.AssemblyFormatters(typeof(ShapesOne.Registrar))]
            namespace ShapesOne;
            public sealed class Circle { }
            public sealed class Registrar : Strata.Notebooks.IAssemblyFormatters
            {
                public static int Calls;
                public void Register() { Calls++; Strata.Notebooks.Formatters.Register<Circle>(_ => Strata.Notebooks.MimeBundle.OfText("a circle")); }
            }
            """);
        object circle = await ValueOf($"#r \"{assembly}\"\nnew ShapesOne.Circle()");
        Assert.Equal("a circle", Formatters.Format(circle).Renderings[MimeBundle.PlainText]);
        await ValueOf($"#r \"{assembly}\"\nnew ShapesOne.Circle()");
        Assert.Equal(1, await ValueOf("ShapesOne.Registrar.Calls"));
    }

    [Fact]
    public async Task AnAssemblyWithoutFormattersIsReferredToAsEver()
    {
        string assembly = Compile("Plain", "namespace ShapesTwo; public sealed class Square { public int Side = 3; }");
        Assert.Equal(3, await ValueOf($"#r \"{assembly}\"\nnew ShapesTwo.Square().Side"));
    }

    [Fact]
    public async Task OfFormattersThatFailTheCellIsToldAndRuns()
    {
        string assembly = Compile("Failing", """
            [assembly: Strata.Notebooks.AssemblyFormatters(typeof(ShapesThree.Registrar))]
            namespace ShapesThree;
            public sealed class Registrar : Strata.Notebooks.IAssemblyFormatters
            {
                public void Register() => throw new System.InvalidOperationException("no formatter today");
            }
            """);
        RecordingHost host = new(_session);
        CellResult result = await _session.ExecuteAsync($"#r \"{assembly}\"\n1 + 1", host);
        Assert.Equal(2, result.Value);
        Assert.Contains("no formatter today", Assert.Single(host.Log));
    }

    private async Task<object> ValueOf(string code)
    {
        CellResult result = await _session.ExecuteAsync(code, new RecordingHost(_session));
        Assert.True(result.Error is null, result.Error is null ? "" : string.Join('\n', result.Error.Traceback));
        return result.Value!;
    }

    private string Compile(string name, string code)
    {
        string[] references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"{name}{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(code)],
            references.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        string path = Path.Combine(_folder.FullName, name + ".dll");
        Assert.Empty(compilation.Emit(path).Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error));
        return path;
    }
}
