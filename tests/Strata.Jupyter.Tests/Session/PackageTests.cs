using Strata.Jupyter.Session;
using Strata.Jupyter.Session.Packages;

namespace Strata.Jupyter.Tests.Session;

/// <summary>Packages that cells ask for, from a source made here; names differ from test to test, because a process keeps what it has loaded.</summary>
[Collection(SessionTests.Name)]
public sealed class PackageTests : IDisposable
{
    private readonly PackageFeed _feed = new();

    public void Dispose() => _feed.Dispose();

    private string Cache => Path.Combine(_feed.Folder, "cache");

    private CSharpSession Session(IEnumerable<string>? dotnet = null) => new(_feed.Folder, new PackageRestore(Cache, dotnet ?? DotnetTool.Places()));

    [Fact]
    public async Task APackageIsFoundByCellsAndByReflectionWithWhatItNeeds()
    {
        _feed.Add("Feed.Base", "1.0.0", "namespace Feed { public class Base { public int Number => 41; } }");
        _feed.Add("Feed.Top", "1.2.0", "namespace Feed { public class Top : Base { public int Next() => Number + 1; } }", dependency: ("Feed.Base", "1.0.0"));
        CSharpSession session = Session();
        RecordingHost host = new(session);
        Assert.Equal(42, await Value(session, host, "#r \"nuget: Feed.Top, 1.2.0\"\nusing Feed;\nnew Top().Next()"));
        Assert.Contains("Output Restored Feed.Top 1.2.0.", host.Log);
        Assert.Contains(host.Log, line => line.StartsWith("progress 0/0", StringComparison.Ordinal));
        Assert.Equal(41, await Value(session, host, "new Base().Number"));
        Assert.Equal("Feed.Base", await Value(session, host, "Type.GetType(\"Feed.Top, Feed.Top\").BaseType.Assembly.GetName().Name"));

        // Once more, and in another session: nothing is restored again.
        int restores = host.Log.Count(line => line.StartsWith("progress", StringComparison.Ordinal));
        CSharpSession second = Session();
        RecordingHost other = new(second);
        Assert.Equal(42, await Value(session, host, "#r \"nuget: Feed.Top\"\nnew Top().Next()"));
        Assert.Equal(42, await Value(second, other, "#r \"nuget: Feed.Top, 1.2.0\"\nnew Feed.Top().Next()"));
        Assert.Equal(restores, host.Log.Count(line => line.StartsWith("progress", StringComparison.Ordinal)));
        Assert.DoesNotContain(other.Log, line => line.StartsWith("progress", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SeveralPackagesOfACellAreOneRestoreAndLaterCellsAdd()
    {
        _feed.Add("Feed.One", "1.0.0", "public static class One { public const int Value = 1; }");
        _feed.Add("Feed.Two", "2.0.0", "public static class Two { public const int Value = 2; }");
        _feed.Add("Feed.Two", "2.1.0", "public static class Two { public const int Value = 21; }");
        _feed.Add("Feed.Three", "3.0.0", "public static class Three { public const int Value = 3; }");
        CSharpSession session = Session();
        RecordingHost host = new(session);
        Assert.Equal(22, await Value(session, host, "#r \"nuget: Feed.One\"\n#r \"nuget:Feed.Two,2.*\"\nOne.Value + Two.Value"));
        Assert.Contains("Output Restored Feed.One 1.0.0, Feed.Two 2.1.0.", host.Log);
        Assert.Equal(25, await Value(session, host, "#r \"nuget: Feed.Three, 3.0.0\"\nOne.Value + Two.Value + Three.Value"));
        Assert.Equal(2, Directory.GetDirectories(Cache).Length);
    }

    [Fact]
    public async Task WhatCannotBeRestoredSaysWhyAndTheSessionGoesOn()
    {
        _feed.Add("Feed.Known", "1.0.0", "public static class Known { public const int Value = 7; }");
        CSharpSession session = Session();
        RecordingHost host = new(session);
        CellResult failed = await session.ExecuteAsync("#r \"nuget: Feed.Nowhere, 1.0.0\"\n#r \"nuget: Feed.Known, 9.0.0\"\n1", host);
        Assert.All(["Restoring Feed.Nowhere 1.0.0, Feed.Known 9.0.0 failed.", "NU1101", "NU1102"], part => Assert.Contains(part, failed.Error?.Message));
        Assert.DoesNotContain(Cache, failed.Error?.Message);
        Assert.Equal(7, await Value(session, host, "#r \"nuget: Feed.Known, 1.0.0\"\nKnown.Value"));
    }

    [Theory]
    [InlineData("#r \"nuget: Feed Known\"", "is not understood. Write #r \"nuget: Id\"")]
    [InlineData("#r \"nuget: Feed.Known, 1.0;<x>\"", "is not understood")]
    [InlineData("#r \"nuget:\"", "is not understood")]
    [InlineData("#i \"nuget:no/such/folder\"", "names no package source")]
    [InlineData("#i \"elsewhere\"", "names no package source")]
    public async Task WhatIsMalformedIsNotRestored(string line, string expected)
    {
        CSharpSession session = Session(dotnet: []);
        CellResult failed = await session.ExecuteAsync(line + "\n1", new RecordingHost(session));
        Assert.Contains(expected, failed.Error?.Message);
    }

    [Fact]
    public async Task ASourceIsAddedByACell()
    {
        string folder = Path.Combine(_feed.Folder, "more");
        _feed.Add("Feed.Elsewhere", "1.0.0", "public static class Elsewhere { public const int Value = 5; }", into: folder);
        CSharpSession session = Session();
        RecordingHost host = new(session);
        Assert.Equal(5, await Value(session, host, "#i \"nuget:more\"\n#r \"nuget: Feed.Elsewhere\"\nElsewhere.Value"));
    }

    [Fact]
    public async Task StratasOwnPackagesNeedNoRestore()
    {
        CSharpSession session = Session(dotnet: []);
        RecordingHost host = new(session);
        Assert.Equal("LayerPlan", await Value(session, host, "#r \"nuget: Strata.DotNetInteractive, 0.1.0\"\n#r \"nuget: Strata.Models\"\ntypeof(LayerPlan).Name"));
        Assert.Equal(1, await Value(session, host, "#r \"nuget: MathNet.Numerics, 4.15.0\"\nMathNet.Numerics.Constants.Pi > 3 ? 1 : 0"));
        Assert.Equal(["Error MathNet.Numerics 5.0.0.0 is deployed with Strata and is used; 4.15.0 was not restored."], host.Log);
    }

    [Fact]
    public async Task AnAssemblyOfStrataIsKeptWhereAPackageBringsAnotherVersion()
    {
        _feed.Add("Markdig", "99.0.0", "namespace Markdig { public class OnlyHere { } }");
        _feed.Add("Feed.Needs", "1.0.0", "public static class Needs { public static string Name => typeof(Markdig.OnlyHere).Name; public const int Value = 1; }", dependency: ("Markdig", "99.0.0"));
        CSharpSession session = Session();
        RecordingHost host = new(session);
        Assert.Equal(1, await Value(session, host, "#r \"nuget: Feed.Needs\"\nNeeds.Value"));
        Assert.Contains(host.Log, line => line.StartsWith("Error Markdig ", StringComparison.Ordinal) && line.EndsWith("is deployed with Strata and is used; the packages bring 99.0.0.0.", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task ANativeLibraryOfAPackageIsFound()
    {
        string? library = new[] { "/lib/x86_64-linux-gnu/libz.so.1", "/usr/lib/x86_64-linux-gnu/libz.so.1", "/lib/aarch64-linux-gnu/libz.so.1", "/usr/lib64/libz.so.1" }.FirstOrDefault(File.Exists);
        Skip.If(library is null, "There is no libz here that a package could bring.");
        _feed.Add("Feed.Native", "1.0.0", "public static class Zip { [System.Runtime.InteropServices.DllImport(\"feedzip\")] static extern System.IntPtr zlibVersion(); public static string Version => System.Runtime.InteropServices.Marshal.PtrToStringUTF8(zlibVersion()); }",
            native: ("libfeedzip.so", library));
        CSharpSession session = Session();
        Assert.StartsWith("1.", (string?)await Value(session, new RecordingHost(session), "#r \"nuget: Feed.Native\"\nZip.Version"));
    }

    [Fact]
    public async Task WithoutAnSdkTheMessageSaysWhereItWasLookedFor()
    {
        CSharpSession session = Session(dotnet: [_feed.Folder, "/no/such/place"]);
        CellResult failed = await session.ExecuteAsync("#r \"nuget: Feed.Any\"", new RecordingHost(session));
        Assert.Contains("DOTNET_ROOT", failed.Error?.Message);
    }

    [SkippableFact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task AnInterruptEndsTheRestore()
    {
        Skip.If(OperatingSystem.IsWindows(), "The stand-in for the SDK is a shell script.");
        // An SDK that never comes to an end, with a child of its own.
        string tool = Path.Combine(_feed.Folder, "dotnet"), pid = Path.Combine(_feed.Folder, "pid");
        File.WriteAllText(tool, $"#!/bin/sh\nsleep 600 &\necho $! > {pid}\nwait\n");
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.Combine(_feed.Folder, "sdk"));
        using CancellationTokenSource interrupt = new();
        CSharpSession session = Session(dotnet: [_feed.Folder]);
        Task<CellResult> running = session.ExecuteAsync("#r \"nuget: Feed.Any\"", new RecordingHost(session, interrupt.Token));
        while (!File.Exists(pid) || File.ReadAllText(pid).Length == 0) await Task.Delay(20);
        interrupt.Cancel();
        CellResult stopped = await running.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("The cell was interrupted.", stopped.Error?.Message);
        string child = $"/proc/{File.ReadAllText(pid).Trim()}/stat";
        for (int i = 0; i < 500 && IsAlive(child); i++) await Task.Delay(20);
        Assert.False(IsAlive(child));
    }

    [SkippableFact]
    public async Task PackagesOfThePublicSourceWorkWithWhatTheyNeed()
    {
        CSharpSession session = new(Repository.Root);
        CellResult result = await session.ExecuteAsync("""
            #r "nuget: CsvHelper"
            #r "nuget: Humanizer.Core, 2.14.1"
            #r "nuget: Microsoft.Extensions.Logging, 10.*"
            using Humanizer;
            using Microsoft.Extensions.Logging;
            var factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning));
            $"{"layer".ToQuantity(12)} {typeof(CsvHelper.CsvReader).Name} {factory.CreateLogger("x").IsEnabled(LogLevel.Debug)} {typeof(Microsoft.Extensions.DependencyInjection.ServiceCollection).Name}"
            """, new RecordingHost(session));
        bool unreachable = result.Error is { } error && (error.Message.Contains("NU1301", StringComparison.Ordinal) || error.Message.Contains("NU1101", StringComparison.Ordinal));
        if (unreachable && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(result.Error!.Message);
        Skip.If(unreachable, $"No package source can be reached: {result.Error?.Message}");
        Assert.True(result.Error is null, result.Error?.Message);
        Assert.Equal("12 layers CsvReader False ServiceCollection", result.Value);
    }

    private static bool IsAlive(string stat) => File.Exists(stat) && !File.ReadAllText(stat).Contains(") Z ", StringComparison.Ordinal);

    private static async Task<object?> Value(CSharpSession session, RecordingHost host, string code)
    {
        CellResult result = await session.ExecuteAsync(code, host);
        Assert.True(result.Error is null, result.Error is null ? "" : string.Join('\n', result.Error.Traceback));
        return result.Value;
    }
}
