using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Strata.Jupyter.Session.Packages;
using Strata.Models;

namespace Strata.Jupyter.Session;

/// <summary>
/// A C# session: cells run one after another, and each sees what the earlier ones declared. It knows no protocol and no file; the host of each cell takes its
/// output. One cell runs at a time; the console of the process belongs to the running cell.
/// </summary>
public sealed class CSharpSession
{
    private readonly CellGlobals _globals = new();
    private readonly ConsoleCapture _console;
    private readonly string _folder;
    private readonly ScriptOptions _options;
    private readonly SessionPackages _packages;
    private readonly List<Declaration> _declared = [];
    private readonly ReferencedFormatters _formatters = new();
    private ScriptState<object>? _state;

    /// <summary>An empty session.</summary>
    /// <param name="folder">Where <c>#r</c> and <c>#load</c> look for files; the current folder when null.</param>
    public CSharpSession(string? folder = null) : this(folder, new PackageRestore(PackageRestore.UserCache, DotnetTool.Places()))
    {
    }

    /// <summary>An empty session that restores packages in a way of its own.</summary>
    internal CSharpSession(string? folder, PackageRestore restore)
    {
        UnhandledExceptions.Handle();
        _console = new ConsoleCapture(() => _globals.Host);
        _folder = Path.GetFullPath(folder ?? Environment.CurrentDirectory);
        _packages = new SessionPackages(_folder, restore);

        // Optimized, because cells hold numeric loops; debug information keeps the line numbers of exceptions.
        _options = ScriptOptions.Default
            .WithReferences(SessionReferences.All)
            .WithImports(SessionReferences.Imports)
            .WithMetadataResolver(SessionReferences.ResolverFor(_folder, _packages))
            .WithSourceResolver(new SourceFileResolver([], _folder))
            .WithLanguageVersion(LanguageVersion.Latest)
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8);
    }

    /// <summary>How long a cancelled cell may take to stop by itself before its thread is left behind.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Runs C# code. Never throws for what the code does: compile errors, exceptions and interrupts come back as <see cref="CellResult.Error"/>.</summary>
    /// <param name="code">Statements and declarations; a last expression without semicolon is the value. <c>await</c> is allowed at top level.</param>
    /// <param name="host">Takes output; its <see cref="Notebooks.INotebookHost.Cancellation"/> interrupts the cell.</param>
    /// <param name="cellName">The cell's name in error messages.</param>
    public async Task<CellResult> ExecuteAsync(string code, ICellHost host, string cellName = "cell")
    {
        CellResult result = CellResult.Done;
        CellError? error = await RunAsync(async () => result = await SubmitAsync(code, cellName, host), host, cellName, code);
        return error is null ? result : CellResult.Failed(error);
    }

    /// <summary>Runs other work, such as a magic command, as a cell is run: on a thread of its own, with the console captured.</summary>
    /// <param name="work">The work.</param>
    /// <param name="host">Takes output; its <see cref="Notebooks.INotebookHost.Cancellation"/> interrupts the work.</param>
    /// <param name="cellName">The cell's name in error messages.</param>
    /// <param name="code">The cell's text, from which error messages quote.</param>
    /// <returns>Why the work failed; null when it did not.</returns>
    public async Task<CellError?> RunAsync(Func<Task> work, ICellHost host, string cellName, string code)
    {
        MemoryReserve.Restore();
        _globals.Host = host;
        using IDisposable capture = _console.Begin();
        try
        {
            await CellThread.RunAsync(work, host, Grace);
            return null;
        }
        catch (CellLeftBehindException)
        {
            return CellError.Interrupted(FormattableString.Invariant(
                $"The cell was interrupted, but did not stop within {Grace.TotalSeconds:0.#} s: it is inside a long call (native code, a regular expression) that looks at no cancellation. It was left behind: it goes on in the background until that call returns, and its output is ignored. A restart ends it at once."));
        }
        catch (Exception e) when (host.Cancellation.IsCancellationRequested && IsInterrupt(e))
        {
            return CellError.Interrupted("The cell was interrupted.");
        }
        catch (Exception e)
        {
            return CellErrors.FromException(e, cellName, code);
        }
    }

    /// <summary>Makes a value a typed C# variable of the cells that follow; an existing variable of that name is replaced, whatever its type.</summary>
    /// <param name="name">A C# identifier.</param>
    /// <param name="value">The value. Where its type is not public, the variable has the nearest public base type or interface.</param>
    /// <exception cref="StrataException">The name is no C# identifier.</exception>
    public void Declare(string name, object value)
    {
        if (!SyntaxFacts.IsValidIdentifier(name) || SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None)
            throw new StrataException($"\"{name}\" cannot name a C# variable: expected letters, digits and underscores, not beginning with a digit, and no keyword.");
        lock (_declared)
        {
            _globals.__values[name] = value;
            _declared.RemoveAll(declaration => declaration.Name == name);
            _declared.Add(new Declaration(name, CSharpTypeName.ForValue(value)));
        }
    }

    /// <summary>Looks up a variable that a cell or <see cref="Declare"/> made.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryGetVariable(string name, out object? value)
    {
        if (_globals.__values.TryGetValue(name, out value)) return true;
        ScriptVariable? variable = _state?.GetVariable(name);
        value = variable?.Value;
        return variable is not null;
    }

    /// <summary>Keeps the console of the process redirected between cells too, so that background work reaches its cell, until disposed.</summary>
    public IDisposable HoldConsole() => _console.Begin();

    /// <summary>What the compiler makes of code that is being written as the next cell; nothing of it runs.</summary>
    /// <param name="code">The code, complete or not.</param>
    internal async Task<Compilation> AnalyseAsync(string code)
    {
        await DeclarePendingAsync(CancellationToken.None);
        ScriptState<object>? state = _state;
        return Next(state, PackageDirectives.WithoutSources(code), OptionsFor(state, "draft")).GetCompilation();
    }

    /// <summary>The names of all variables.</summary>
    public IReadOnlyList<string> VariableNames =>
        (_state?.Variables.Select(v => v.Name) ?? []).Concat(_globals.__values.Keys).Distinct().Order(StringComparer.Ordinal).ToArray();

    /// <summary>
    /// Options of the next submission. It inherits the references and imports of the earlier ones: to give them again would bind each submission to all copies
    /// that came before it, and the session's memory would grow with the square of its cells.
    /// </summary>
    private ScriptOptions OptionsFor(ScriptState<object>? after, string file)
    {
        ScriptOptions options = _options.WithFilePath(file);
        if (after is null) return options.AddReferences(_packages.References);
        HashSet<MetadataReference> inherited = [];
        for (Script? script = after.Script; script is not null; script = script.Previous) inherited.UnionWith(script.Options.MetadataReferences);
        return options.WithReferences(_packages.References.Where(reference => !inherited.Contains(reference))).WithImports();
    }

    private async Task<CellResult> SubmitAsync(string source, string cellName, ICellHost host)
    {
        CancellationToken cancellation = host.Cancellation;
        await DeclarePendingAsync(cancellation);
        string code = await _packages.TakeAsync(source, host);

        // All of the cell builds on one state, whatever cells that were left behind do meanwhile.
        ScriptState<object>? before = _state;
        (Script<object> script, ImmutableArray<Diagnostic> diagnostics) = Compile(before, code, cellName, cancellation);
        if (HasErrors(diagnostics)) return CellResult.Failed(new CompileErrors(script.GetCompilation(), _folder).Of(diagnostics));
        if (_formatters.Registrations(script.GetCompilation()) is { Length: > 0 } registrations)
        {
            ScriptState<object> registered = await RunAsync(before, Next(before, registrations, OptionsFor(before, "formatters")), cancellation);
            if (registered.Exception is { } failure) host.Write(StandardStream.Error, $"Formatters that an assembly brings could not be registered: {failure.Message}\n");
            Interlocked.CompareExchange(ref _state, registered, before);
            before = registered;
            (script, _) = Compile(before, code, cellName, cancellation);
        }

        // What a failing cell declared before it failed stays, as in every notebook. A cell that was left behind and ends late must not undo later ones.
        ScriptState<object> state = await RunAsync(before, script, cancellation);
        Interlocked.CompareExchange(ref _state, state, before);
        if (state.Exception is { } exception)
        {
            if (cancellation.IsCancellationRequested && IsInterrupt(exception)) throw exception;
            return CellResult.Failed(CellErrors.FromException(exception, cellName, code));
        }

        // What was displayed is shown already.
        if (state.ReturnValue is DisplayHandle) return CellResult.Done;
        return new CellResult(state.ReturnValue, state.ReturnValue is not null || EndsInValue(script.GetCompilation()), null);
    }

    /// <summary>Compiles a cell, with the checks in it that make loops and recursions stop. What is wrong with it is found in the text as it was written.</summary>
    private (Script<object> Script, ImmutableArray<Diagnostic> Diagnostics) Compile(ScriptState<object>? after, string code, string cellName, CancellationToken cancellation)
    {
        ScriptOptions options = OptionsFor(after, cellName);
        Script<object> written = Next(after, code, options);
        Compilation compilation = written.GetCompilation();
        if (!compilation.SyntaxTrees.Any(GuardedCode.IsNeededIn)) return (written, written.Compile(cancellation));
        ImmutableArray<Diagnostic> diagnostics = compilation.GetDiagnostics(cancellation);
        if (HasErrors(diagnostics)) return (written, diagnostics);

        string[] texts = compilation.SyntaxTrees.Select(tree => GuardedCode.In(compilation, tree, cancellation)).ToArray();
        Dictionary<string, string> loaded = compilation.SyntaxTrees.SkipLast(1).Zip(texts).ToDictionary(pair => pair.First.FilePath, pair => pair.Second);
        Script<object> guarded = Next(after, texts[^1], loaded.Count == 0 ? options : options.WithSourceResolver(new GuardedSources(options.SourceResolver, loaded)));
        diagnostics = guarded.Compile(cancellation);

        // Code in which checks cannot stand runs without them.
        return HasErrors(diagnostics) ? (written, written.Compile(cancellation)) : (guarded, diagnostics);
    }

    private static bool HasErrors(ImmutableArray<Diagnostic> diagnostics) => diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error);

    /// <summary>Whether an exception comes from stopping the code: from a check, a token, or from being woken; perhaps wrapped by what it passed through.</summary>
    private static bool IsInterrupt(Exception exception) =>
        exception is OperationCanceledException or ThreadInterruptedException || (exception.InnerException is { } inner && IsInterrupt(inner));

    /// <summary>
    /// Makes variables of what was declared. A value waits until its variable is there: what is interrupted or left behind on the way, which may end late or never,
    /// loses nothing, and the next cell declares it again.
    /// </summary>
    private async Task DeclarePendingAsync(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            (ScriptState<object>? before, Declaration[] pending) = Pending();
            if (pending.Length == 0) return;
            try
            {
                string code = string.Concat(pending.Select(p => $"{p.Type} @{p.Name} = ({p.Type}){nameof(CellGlobals.__values)}[\"{p.Name}\"];\n"));
                ScriptState<object> state = await RunAsync(before, Next(before, code, OptionsFor(before, "declared results")), cancellation);
                if (state.Exception is { } exception) ExceptionDispatchInfo.Throw(exception);
                Declared(before, state, pending);
            }
            catch (Exception) when (Pending() is var now && (now.State != before || !now.Declarations.SequenceEqual(pending)))
            {
                // A cell that was left behind came in between; what it left is begun with again.
            }
        }
    }

    private (ScriptState<object>? State, Declaration[] Declarations) Pending()
    {
        lock (_declared) return (_state, _declared.ToArray());
    }

    /// <summary>Goes on from a state that has variables for what was declared, unless another came in between. What was declared again in the meantime is another declaration, and still waits.</summary>
    private void Declared(ScriptState<object>? before, ScriptState<object> state, Declaration[] declarations)
    {
        lock (_declared)
        {
            if (Interlocked.CompareExchange(ref _state, state, before) != before) return;
            foreach (Declaration done in declarations.Where(_declared.Remove)) _globals.__values.Remove(done.Name);
        }
    }

    private static Script<object> Next(ScriptState<object>? after, string code, ScriptOptions options) =>
        after is null ? CSharpScript.Create<object>(code, options, typeof(CellGlobals)) : after.Script.ContinueWith<object>(code, options);

    private Task<ScriptState<object>> RunAsync(ScriptState<object>? after, Script<object> script, CancellationToken cancellation) =>
        after is null ? script.RunAsync(_globals, static _ => true, cancellation) : script.RunFromAsync(after, static _ => true, cancellation);

    /// <summary>Whether the last expression has a type other than void: a null value counts as one.</summary>
    private static bool EndsInValue(Compilation compilation)
    {
        SyntaxTree tree = compilation.SyntaxTrees.Last();
        return LastExpression.Of(tree) is { } last && compilation.GetSemanticModel(tree).GetTypeInfo(last).Type?.SpecialType != SpecialType.System_Void;
    }

    /// <summary>A value that waits in <see cref="CellGlobals.__values"/> for its variable. Two of one name are two.</summary>
    private sealed class Declaration(string name, string type)
    {
        public string Name { get; } = name;

        public string Type { get; } = type;
    }
}
