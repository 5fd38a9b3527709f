using System.Collections.Concurrent;
using Verso.Abstractions;

namespace Strata.Adapters.Tests.VersoAdapter;

/// <summary>A cell of a Verso notebook as far as the adapter uses one: variables, outputs, cancellation.</summary>
internal sealed class FakeCell(FakeVariables variables) : IMagicCommandContext, IFormatterContext
{
    public List<CellOutput> Outputs { get; } = [];

    public IVariableStore Variables => variables;

    public CancellationToken CancellationToken { get; init; }

    public bool SuppressExecution { get; set; }

    public string RemainingCode => "";

    public string MimeType => "text/html";

    public double MaxWidth => 800;

    public double MaxHeight => 600;

    public LayoutCapabilities LayoutCapabilities => LayoutCapabilities.None;

    public IThemeContext Theme => throw new NotSupportedException();

    public IExtensionHostContext ExtensionHost => throw new NotSupportedException();

    public INotebookMetadata NotebookMetadata => throw new NotSupportedException();

    public INotebookOperations Notebook => throw new NotSupportedException();

    public Task WriteOutputAsync(CellOutput output)
    {
        lock (Outputs) Outputs.Add(output);
        return Task.CompletedTask;
    }
}

/// <summary>A variable store.</summary>
internal sealed class FakeVariables : IVariableStore
{
    private readonly ConcurrentDictionary<string, object> _values = new(StringComparer.OrdinalIgnoreCase);

    public event Action? OnVariablesChanged;

    public void Set(string name, object value)
    {
        _values[name] = value;
        OnVariablesChanged?.Invoke();
    }

    public T? Get<T>(string name) => TryGet(name, out T? value) ? value : default;

    public bool TryGet<T>(string name, out T? value)
    {
        bool found = _values.TryGetValue(name, out object? any) && any is T;
        value = found ? (T)any! : default;
        return found;
    }

    public IReadOnlyList<VariableDescriptor> GetAll() => _values.Select(v => new VariableDescriptor(v.Key, v.Value, v.Value.GetType())).ToArray();

    public bool Remove(string name) => _values.TryRemove(name, out _);

    public void Clear() => _values.Clear();
}
