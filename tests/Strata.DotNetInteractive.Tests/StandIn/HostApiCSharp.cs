// The C# kernel of the stand-in, and what the tests drive it with; see HostApiCore.cs.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;
using Microsoft.DotNet.Interactive.Commands;
using Microsoft.DotNet.Interactive.Directives;
using Microsoft.DotNet.Interactive.Formatting;
using Strata.DotNetInteractive.Tests;

namespace Microsoft.DotNet.Interactive.CSharp
{
    public class CSharpKernel : Kernel
    {
        private readonly ScriptOptions _options;
        private readonly InteractiveAssemblyLoader _loader;

        internal CSharpKernel(ScriptOptions options, InteractiveAssemblyLoader loader) : base("csharp")
        {
#if APRIL_2026
            _options = options.WithLanguageVersion(LanguageVersion.Latest);
#else
            _options = options.WithLanguageVersion(LanguageVersion.CSharp13);
#endif
            _options = _options.AddImports("System", "System.Text", "System.Collections", "System.Collections.Generic", "System.Threading.Tasks", "System.Linq");
            _loader = loader;
        }

        public ScriptState ScriptState { get; private set; }

        public bool TryGetValue<T>(string name, out T value)
        {
            var variable = ScriptState?.Variables.LastOrDefault(v => v.Name == name);
            value = variable is null ? default : (T)variable.Value;
            return variable is not null;
        }

        public async Task SetValueAsync(string name, object value, Type declaredType)
        {
            await RunAsync($"{declaredType.FullName} {name} = default;");
            ScriptState.GetVariable(name).Value = value;
        }

        internal async Task RunAsync(string code, CancellationToken cancellation = default)
        {
            ScriptState = ScriptState is null
                ? await CSharpScript.Create(code, _options, globalsType: null, _loader).RunAsync(null, cancellation)
                : await ScriptState.ContinueWithAsync(code, _options, cancellation);
        }
    }
}

namespace Microsoft.DotNet.Interactive
{
    using Microsoft.DotNet.Interactive.CSharp;

    public sealed class StandInHost : IStandInHost
    {
        private readonly CSharpKernel _csharp;
        private readonly CompositeKernel _root;

        public StandInHost(ScriptOptions options, InteractiveAssemblyLoader loader)
        {
            _csharp = new CSharpKernel(options, loader);
            _root = new CompositeKernel(_csharp);
            _csharp.RunAsync("using static Microsoft.DotNet.Interactive.Kernel;").GetAwaiter().GetResult();
        }

        public IReadOnlyList<RegisteredDirective> Directives => _root.Directives.Values.Select(d => new RegisteredDirective(d.Directive.Name, d.Directive.Description,
            d.Directive.Parameters.Select(p => new RegisteredParameter(p.Name, p.Description, p.AllowImplicitName, p.Flag, p.MaxOccurrences, p.Required, p.Completions())).ToArray())).ToArray();

        public object Variable(string name) => _csharp.TryGetValue<object>(name, out var value) ? value : null;

        public IReadOnlyDictionary<string, string> Show(object value) => FormattedValue.CreateManyFromObject(value).ToDictionary(v => v.MimeType, v => v.Value);

        /// <summary>Runs the lines of a cell: stretches of C#, and directives, which the host checks against what was registered.</summary>
        public async Task<CellOutcome> RunAsync(string cell, Action<Action> cancel)
        {
            var context = new KernelInvocationContext(new SubmitCode(cell), _csharp);
            KernelInvocationContext.Current = context;
            cancel?.Invoke(context.Cancel);
            var parts = Regex.Split(cell.ReplaceLineEndings("\n"), "(?m)^(#!.*)$").Where(p => !string.IsNullOrWhiteSpace(p)).ToArray();
            try
            {
                if (parts.Where(p => p.StartsWith("#!")).Select(Problem).FirstOrDefault(p => p is not null) is { } problem) context.Fail(context.Command, message: problem);
                else foreach (var part in parts) await RunPartAsync(part, context);
            }
            finally
            {
                context.End();
            }

            return context.Outcome;
        }

        private async Task RunPartAsync(string part, KernelInvocationContext context)
        {
            if (part.StartsWith("#!"))
            {
                var command = new DirectiveCommand(part.Trim());
                command.SetParent(context.Command);
                await _root.Directives[Words(part)[0]].Handler(command, context);
                return;
            }

            if (context.CancellationToken.IsCancellationRequested) return;
            try
            {
                await _csharp.RunAsync(part, context.CancellationToken);
                if (_csharp.ScriptState.ReturnValue is { } value) context.Display(value);
            }
            catch (Exception e)
            {
                context.Fail(context.Command, e, e is CompilationErrorException ? e.Message : null);
            }
        }

        private string Problem(string line)
        {
            var words = Words(line);
            if (!_root.Directives.TryGetValue(words[0], out var found)) return $"Unknown directive {words[0]}";
            var options = words.Where(w => w.StartsWith("-") && w.Length > 1 && !char.IsDigit(w[1])).ToArray();
            foreach (var option in options)
            {
                var parameter = found.Directive.Parameters.FirstOrDefault(p => p.Name == option);
                if (parameter is null) return $"Unrecognized parameter name '{option}'";
                if (options.Count(o => o == option) > parameter.MaxOccurrences) return $"A maximum of {parameter.MaxOccurrences} occurrences are allowed for named parameter '{option}'";
            }

            return found.Directive.Parameters.FirstOrDefault(p => p.Required && !options.Contains(p.Name)) is { } missing ? $"Missing required parameter '{missing.Name}'" : null;
        }

        private static string[] Words(string line) => Regex.Matches(line, "\"[^\"]*\"|\\S+").Select(m => m.Value).ToArray();
    }
}
