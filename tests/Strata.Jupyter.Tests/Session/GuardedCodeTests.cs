using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Strata.Jupyter.Session;

namespace Strata.Jupyter.Tests.Session;

/// <summary>Checks change neither what code means nor where its lines are.</summary>
[Collection(SessionTests.Name)]
public sealed class GuardedCodeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-guard-");
    private readonly CSharpSession _session;
    private readonly RecordingHost _host;

    public GuardedCodeTests()
    {
        _session = new CSharpSession(_folder.FullName);
        _host = new RecordingHost(_session);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("int s = 0; for (int i = 0; i < 4; i++) if (i == 1) continue; else if (i == 3) break; else s += i; s", 2)]
    [InlineData("int s = 0; foreach (var x in new[] { 1, 2 }) foreach (var (a, b) in new[] { (x, 1), (x, 2) }) s += a * b; s", 9)]
    [InlineData("int s = 0; do s++; while (s < 5); while (s < 7) s++; s", 7)]
    [InlineData("int n = 0; again: n++; if (n < 5) goto again; n", 5)]
    [InlineData("int s = 0; if (true) while (s < 3) s++; else s = 9; s", 3)]
    [InlineData("int s = 0; outer: for (int i = 0; i < 3; i++) { for (int j = 0; j < 3; j++) { s++; if (j == 1) goto next; } next: ; } s", 6)]
    [InlineData("string Word(int k) { switch (k) { case 1: goto case 2; case 2: return \"two\"; default: goto case 1; } } Word(7).Length", 3)]
    [InlineData("while (int.TryParse(\"4\", out int v)) { if (v == 4) break; } 5", 5)]
    [InlineData("int F(int x) => x; void G(int x) => s += x; int s = 0; G(F(3)); s", 3)]
    [InlineData("int F(int x) =>\n    // half\n    x / 2;\nF(8)", 4)]
    [InlineData("int F(bool b) => b ? 1 : throw new Exception(); int G() => throw new NotSupportedException(); F(true)", 1)]
    [InlineData("ref int At(int[] a, int i) => ref a[i]; var a = new int[2]; At(a, 1) = 6; a[1]", 6)]
    [InlineData("delegate ref int Pick(int[] a); Pick p = ref int (int[] a) => ref a[0]; var a = new int[1]; p(a) = 5; a[0]", 5)]
    [InlineData("async Task<int> F() => await Task.FromResult(4); async Task G() => await Task.Delay(1); await G(); await F()", 4)]
    [InlineData("async ValueTask H() => await Task.Delay(1); await H(); Func<Task> f = async () => await Task.FromResult(3); await f(); 3", 3)]
    [InlineData("Action a = () => F(); Func<int> b = () => F(); Action c = async () => await Task.Delay(1); Delegate d = () => 5; int F() => 2; a(); c(); b()", 2)]
    [InlineData("var f = (int x) => x * 2; var g = static (int x, int y = 3) => { return x + y; }; Func<int, int> h = delegate(int x) { return x; }; f(g(1)) + h(1)", 9)]
    [InlineData("Func<int, Func<int, int>> add = x => y => x + y; add(1)(2)", 3)]
    [InlineData("await Task.Run(() => 4)", 4)]
    [InlineData("System.Linq.Expressions.Expression<Func<int, int>> e = x => x + 1; e.ToString().Length", 12)]
    [InlineData("new[] { 3, 4 }.AsQueryable().Where(x => x > 3).Select(x => new { x }).Single().x", 4)]
    [InlineData("(from x in new[] { 1, 2, 3 } where x > 1 let y = x * 2 orderby y select y).Last()", 6)]
    [InlineData("IEnumerable<int> Odd(int n) { for (int i = 1; i < n; i += 2) yield return i; } Odd(6).Sum()", 9)]
    [InlineData("async IAsyncEnumerable<int> Two() { yield return 1; await Task.Yield(); yield return 2; } int s = 0; await foreach (int v in Two()) s += v; s", 3)]
    [InlineData("class P { public int A { get => field; set => field = value * 2; } public int B => A + 1; public int this[int i] => i; public P(int a) => A = a; ~P() => GC.KeepAlive(this); static P() { for (int i = 0; i < 2; i++) C++; } public static int C; } new P(3).B + P.C + new P(1)[2]", 11)]
    [InlineData("struct V { public int X; public V(int x) { X = x; } public static V operator +(V a, V b) => new V(a.X + b.X); public static implicit operator V(int x) => new V(x); } (new V(1) + 2).X", 3)]
    [InlineData("ref struct R { public Span<int> S; public int Sum() { int t = 0; foreach (ref int v in S) t += v; return t; } } int F() { var r = new R { S = stackalloc int[] { 1, 2 } }; return r.Sum(); } F()", 3)]
    [InlineData("unsafe int F() { int s = 0; int[] a = { 1, 2 }; fixed (int* p = a) for (int i = 0; i < 2; i++) s += p[i]; return s; } F()", 3)]
    [InlineData("T Id<T>(T v) => v; bool Try(out int v) { v = 3; return true; } Try(out int w) ? Id(w) : 0", 3)]
    [InlineData("interface I { int N => 7; } class C : I { event Action E { add { } remove { } } } ((I)new C()).N", 7)]
    [InlineData("record Pair(int A, int B) { public int Sum() => A + B; } (new Pair(1, 2) with { B = 4 }).Sum()", 5)]
    [InlineData("static int Twice(this int v) => v * 2; 4.Twice()", 8)]
    [InlineData("int Sum(params int[] v) { int Inner(int i) { return i == v.Length ? 0 : v[i] + Inner(i + 1); } return Inner(0); } Sum(1, 2, 3)", 6)]
    [InlineData("#nullable enable\nint Length(string? s) => s?.Length ?? 0; Length(null) + Length(\"ab\")", 2)]
    [InlineData("int F(object o) => o switch { int i => i, string s => s.Length, _ => 0 }; F(\"abc\")", 3)]
    [InlineData("#if false\nwhile (\n#endif\nint s = 0; for (;;)\n#region r\n{ if (s++ > 3) break; }\n#endregion\ns", 5)]
    public async Task CodeKeepsItsMeaning(string code, int expected)
    {
        CSharpCompilation written = Compile(code);
        Assert.Empty(Errors(written));
        Assert.True(code.StartsWith("(from", StringComparison.Ordinal) || GuardedCode.IsNeededIn(written.SyntaxTrees[0]));
        string guarded = GuardedCode.In(written, written.SyntaxTrees[0], CancellationToken.None);
        Assert.Equal(code.Split('\n').Length, guarded.Split('\n').Length);
        IEnumerable<string> errors = Errors(Compile(guarded));
        Assert.True(!errors.Any(), string.Join('\n', errors) + "\n" + guarded);

        CellResult result = await _session.ExecuteAsync(code, _host);
        Assert.True(result.Error is null, result.Error is null ? "" : string.Join('\n', result.Error.Traceback));
        Assert.Equal(expected, result.Value);
    }

    [Fact]
    public async Task LinesAndColumnsAreThoseOfTheText()
    {
        CellResult result = await _session.ExecuteAsync("for (int i = 0; i < 3; i++) { int k = i; undefined(k); }", _host);
        Assert.StartsWith("(1,42): error CS0103", result.Error!.Message);
        result = await _session.ExecuteAsync("int Half(int n) =>\n    6 /\n    n;\nforeach (int n in new[] { 1, 0 })\n    Half(n);", _host, "cell 2");
        Assert.Equal("  at cell 2, line 5: Half(n);", result.Error!.Traceback[^1]);
        Assert.Equal("  at cell 2, line 2: 6 /", result.Error.Traceback[1]);
    }

    [Fact]
    public async Task LoadedFilesStopToo()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "spin.csx"), "int rounds = 0;\nvoid Spin()\n{\n    while (true) rounds++;\n}\nint Fail() =>\n    rounds / 0.GetHashCode();\n");
        Assert.Null((await _session.ExecuteAsync("#load \"spin.csx\"\nint loaded = 1;", _host)).Error);
        using CancellationTokenSource interrupt = new();
        Task<CellResult> spinning = _session.ExecuteAsync("Spin();", new RecordingHost(_session, interrupt.Token));
        while (!(_session.TryGetVariable("rounds", out object? rounds) && rounds is > 0)) await Task.Delay(10);
        interrupt.Cancel();
        Assert.Equal("Interrupted", (await spinning).Error?.Name);
        Assert.Contains("spin.csx, line 7", (await _session.ExecuteAsync("Fail();", _host)).Error!.Traceback[1]);
    }

    private static CSharpCompilation Compile(string code) => CSharpCompilation.CreateScriptCompilation(
        "Cell",
        CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Latest, kind: SourceCodeKind.Script)),
        SessionReferences.All,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, usings: SessionReferences.Imports, allowUnsafe: true),
        globalsType: typeof(CellGlobals));

    private static IEnumerable<string> Errors(Compilation compilation) => compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString());
}
