// A stand-in for .NET Interactive: the part of its public API that extension.dib touches, with the signatures of its public source (March 2025; April 2026 where
// APRIL_2026 is defined) and as much behaviour as the tests need. It is not that software, and passing here is not running there.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.DotNet.Interactive.Commands;
using Microsoft.DotNet.Interactive.Directives;
using Microsoft.DotNet.Interactive.Formatting;
using Strata.DotNetInteractive.Tests;

[assembly: System.Runtime.Versioning.TargetFramework(".NETCoreApp,Version=v" + StandIn.Framework)]

internal static class StandIn
{
#if FOR_NET9
    public const string Framework = "9.0";
#else
    public const string Framework = "10.0";
#endif
}

namespace Microsoft.DotNet.Interactive.Commands
{
    public abstract class KernelCommand
    {
        public string TargetKernelName { get; internal set; }
        public KernelCommand Parent { get; private set; }
        public void SetParent(KernelCommand parent, bool bubbleEvents = false) => Parent = parent;
    }

    public abstract class KernelDirectiveCommand : KernelCommand
    {
    }

    internal class DirectiveCommand : KernelCommand
    {
        private readonly string _text;

        internal DirectiveCommand(string text) => _text = text;

        public override string ToString() => $"Directive: {_text}";
    }

    public class SubmitCode : KernelCommand
    {
        public SubmitCode(string code, string targetKernelName = null) => (Code, TargetKernelName) = (code, targetKernelName);

        public string Code { get; internal set; }

        public override string ToString() => $"SubmitCode: {Code}";
    }
}

namespace Microsoft.DotNet.Interactive.Events
{
    public class DisplayedValueUpdated
    {
        public DisplayedValueUpdated(object value, string valueId, KernelCommand command, IReadOnlyCollection<FormattedValue> formattedValues = null) =>
            (Value, ValueId, Command, FormattedValues) = (value, valueId, command, formattedValues);

        public object Value { get; }

        public string ValueId { get; }

        public KernelCommand Command { get; }

        public IReadOnlyCollection<FormattedValue> FormattedValues { get; }
    }
}

namespace Microsoft.DotNet.Interactive.Directives
{
    public abstract class KernelDirective
    {
        private readonly List<KernelDirectiveParameter> _parameters = new();

        protected KernelDirective(string name) => Name = name;

        public string Name { get; init; }

        public string Description { get; set; }

        public bool Hidden { get; set; }

        public ICollection<KernelDirectiveParameter> Parameters
        {
            get => _parameters;
            init => _parameters.AddRange(value);
        }
    }

    public class KernelActionDirective : KernelDirective
    {
#if APRIL_2026
        public KernelActionDirective(string name, string description = null) : base(name) => Description = description;
#else
        public KernelActionDirective(string name) : base(name)
        {
        }
#endif

        public Type KernelCommandType { get; set; }
    }

    public class KernelDirectiveCompletionContext
    {
        public List<string> CompletionItems { get; } = new();
    }

    public class KernelDirectiveParameter
    {
        private readonly List<Func<IEnumerable<string>>> _completions = new();

        public KernelDirectiveParameter(string name, string description = null) => (Name, Description) = (name, description ?? string.Empty);

        public string Name { get; }

        public string Description { get; init; }

        public bool AllowImplicitName { get; init; }

        public int MaxOccurrences { get; init; } = 1;

        public bool Required { get; init; } = false;

        public string TypeHint { get; init; } = "text";

        public bool Flag { get; init; }

        public KernelDirectiveParameter AddCompletions(Func<KernelDirectiveCompletionContext, Task> getCompletions) => throw new NotSupportedException();

        public KernelDirectiveParameter AddCompletions(Func<IEnumerable<string>> getCompletions)
        {
            _completions.Add(getCompletions);
            return this;
        }

        internal string[] Completions() => _completions.SelectMany(c => c()).ToArray();
    }
}

namespace Microsoft.DotNet.Interactive
{
    public delegate Task KernelCommandInvocation(KernelCommand command, KernelInvocationContext context);

    public abstract partial class Kernel
    {
        internal readonly Dictionary<string, (KernelActionDirective Directive, KernelCommandInvocation Handler)> Directives = new();

        protected Kernel(string name) => (Name, RootKernel) = (name, this);

        public string Name { get; }

        public Kernel RootKernel { get; internal set; }

        public static Kernel Root => KernelInvocationContext.Current.HandlingKernel?.RootKernel;

        public static DisplayedValue display(object value, params string[] mimeTypes) => KernelInvocationContext.Current.Display(value, mimeTypes);

        public void AddDirective(KernelActionDirective directive, KernelCommandInvocation handler)
        {
            if (directive.Parameters.Count(p => p.AllowImplicitName) > 1) throw new ArgumentException("Only one parameter on a directive can have AllowImplicitName set to true.");
            if (directive.Parameters.GroupBy(p => p.Name).Any(g => g.Count() > 1)) throw new ArgumentException("Directive already contains a parameter of that name.");
            Directives.Add(directive.Name, (directive, handler));
        }

        public void AddDirective<TCommand>(KernelActionDirective directive, Func<TCommand, KernelInvocationContext, Task> handler)
            where TCommand : KernelCommand => throw new NotSupportedException();
    }

    public class CompositeKernel : Kernel
    {
        internal CompositeKernel(Kernel child) : base(".NET")
        {
            Child = child;
            child.RootKernel = this;
        }

        internal Kernel Child { get; }
    }

    public static class KernelExtensions
    {
        public static Kernel FindKernelByName(this Kernel kernel, string name) => ((CompositeKernel)kernel.RootKernel).Child is { } child && child.Name == name ? child : null;
    }

    public class KernelInvocationContext
    {
        private static readonly AsyncLocal<KernelInvocationContext> _current = new();

        private readonly CancellationTokenSource _cancellation = new();
        private readonly List<Action<KernelInvocationContext>> _atEnd = new();
        private readonly Dictionary<string, ShownOutput> _outputs = new();

        internal KernelInvocationContext(KernelCommand command, Kernel handling) => (Command, HandlingKernel) = (command, handling);

        public static KernelInvocationContext Current
        {
            get => _current.Value;
            internal set => _current.Value = value;
        }

        public KernelCommand Command { get; }

        public Kernel HandlingKernel { get; internal set; }

        public bool IsComplete { get; private set; }

        internal bool IsFailed { get; private set; }

        public CancellationToken CancellationToken => _cancellation.IsCancellationRequested ? new CancellationToken(true) : _cancellation.Token;

        internal CellOutcome Outcome { get; } = new();

        public void Complete(KernelCommand command)
        {
            if (ReferenceEquals(command, Command)) IsComplete = true;
        }

        public void Fail(KernelCommand command, Exception exception = null, string message = null)
        {
            if (IsComplete) return;
            IsFailed = true;
            Outcome.Failures.Add(string.IsNullOrWhiteSpace(message) ? exception?.ToString() ?? $"Command failed: {command}" : message);
            _cancellation.Cancel();
        }

        public void OnComplete(Action<KernelInvocationContext> onComplete) => _atEnd.Add(onComplete);

        internal void Cancel()
        {
            _cancellation.Cancel();
            Fail(Command, message: "Command cancelled.");
        }

        internal void End()
        {
            // The ambient context is gone before the last actions, as in the host.
            Current = null;
            foreach (var action in _atEnd) action(this);
            Complete(Command);
        }

        public void Publish(Events.DisplayedValueUpdated update) => Publish(update.ValueId, update.FormattedValues.ToArray(), isUpdate: true);

        /// <summary>As in the host, what arrives after the end is lost; the tests count it.</summary>
        internal void Publish(string id, IReadOnlyList<FormattedValue> values, bool isUpdate)
        {
            lock (_outputs)
            {
                if (IsComplete)
                {
                    Outcome.Late++;
                    return;
                }

                if (!isUpdate) Outcome.Outputs.Add(_outputs[id] = new ShownOutput());
                _outputs[id].States.Add(values.ToDictionary(v => v.MimeType, v => v.Value));
            }
        }
    }
}
