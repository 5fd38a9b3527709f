using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace Strata.DotNetInteractive.Tests;

/// <summary>Compiles the stand-in in one of its shapes, and loads the extension into it as the host would.</summary>
internal static class StandInHosts
{
    /// <summary>The shapes of the API that are known to differ: the build of March 2025, and that of April 2026.</summary>
    public static readonly IReadOnlyList<string> Shapes = ["MARCH_2025", "APRIL_2026"];

    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> Compiled = new();

    /// <summary>The extension as it is in the package of a version.</summary>
    public static string Extension(string version = "0.0.0") => ReadRepositoryFile("src/adapters/Strata.DotNetInteractive/interactive-extensions/dotnet/extension.dib").Replace("VERSION", version);

    /// <summary>The extension's cells, without the line that the host takes out of them.</summary>
    public static string[] Cells(string extension) => extension.Split("\n#!csharp\n").Select((cell, i) => i == 0 ? cell[cell.IndexOf('\n')..] : cell).ToArray();

    /// <summary>A host without the extension.</summary>
    /// <param name="symbols">A shape, and other symbols for its compilation.</param>
    public static IStandInHost Create(params string[] symbols)
    {
        byte[] image = Compiled.GetOrAdd(string.Join(' ', symbols), _ => new Lazy<byte[]>(() => Compile(symbols))).Value;
        Assembly host = Assembly.Load(image);
        InteractiveAssemblyLoader loader = new();
        loader.RegisterDependency(host);
        ScriptOptions options = ScriptOptions.Default.WithReferences([.. Deployed(), MetadataReference.CreateFromImage(image)]);
        return (IStandInHost)Activator.CreateInstance(host.GetType("Microsoft.DotNet.Interactive.StandInHost")!, options, loader)!;
    }

    /// <summary>A host into which the extension was loaded, and what that showed.</summary>
    public static async Task<(IStandInHost Host, CellOutcome[] Loading)> LoadAsync(params string[] symbols)
    {
        IStandInHost host = Create(symbols);
        List<CellOutcome> loading = [];
        foreach (string cell in Cells(Extension())) loading.Add(await host.RunAsync(cell));
        return (host, [.. loading]);
    }

    private static byte[] Compile(string[] symbols)
    {
        SyntaxTree[] sources = Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Select(name => CSharpSyntaxTree.ParseText(ReadResource(name), new CSharpParseOptions(LanguageVersion.Latest, preprocessorSymbols: symbols), name))
            .ToArray();
        CSharpCompilation compilation = CSharpCompilation.Create($"StandIn.{string.Join('.', symbols)}", sources, Deployed(), new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using MemoryStream image = new();
        var result = compilation.Emit(image);
        return result.Success ? image.ToArray() : throw new InvalidOperationException(string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)));
    }

    private static IEnumerable<MetadataReference> Deployed() => ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));

    private static string ReadResource(string name)
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string ReadRepositoryFile(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));
}
