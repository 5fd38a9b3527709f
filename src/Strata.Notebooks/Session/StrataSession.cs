using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>A result that a magic command made.</summary>
/// <param name="Name">The name under which C# cells and later commands find it.</param>
/// <param name="Command">The line that made it.</param>
/// <param name="Value">The result.</param>
public sealed record SessionResult(string Name, string Command, object Value)
{
    /// <summary>Where it came from; null where that is not known (a plan).</summary>
    public Provenance? Provenance => ResultProvenance.Of(Value);
}

/// <summary>
/// What magic commands read and write in one notebook: named results, the current model, the current data. Results are declared to the host, so that C# cells can use
/// them; what C# cells made is found through the host's lookup, which has the last word on a name, because a cell may have assigned to it since.
/// </summary>
public sealed class StrataSession
{
    private readonly Func<string, object?> _lookup;
    private readonly Func<IEnumerable<string>> _names;
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private readonly List<SessionResult> _results = [];

    /// <summary>A session.</summary>
    /// <param name="lookup">The value of a C# variable of the host, or null where there is none; null for hosts without variables.</param>
    /// <param name="names">The names of the host's C# variables, for completion; null for hosts that cannot list them.</param>
    public StrataSession(Func<string, object?>? lookup = null, Func<IEnumerable<string>>? names = null) => (_lookup, _names) = (lookup ?? (_ => null), names ?? (() => []));

    /// <summary>Name of the model that commands use unless told otherwise: the one loaded last; a control with random weights only while nothing else is loaded.</summary>
    public string CurrentModel { get; private set; } = "model";

    /// <summary>Name of the data that commands use unless told otherwise: those read or made last.</summary>
    public string CurrentData { get; private set; } = "data";

    /// <summary>Everything that magic commands made, oldest first; a name that was used again appears again.</summary>
    public IReadOnlyList<SessionResult> Results => _results;

    /// <summary>Keeps a result and declares it to the host. Data become the current ones, and so does a model, unless it is a control with random weights beside a loaded one.</summary>
    /// <param name="name">The name; see <see cref="ResultNames.Check"/>.</param>
    /// <param name="value">The result.</param>
    /// <param name="command">The line that made it.</param>
    /// <param name="host">Where C# cells find it.</param>
    /// <exception cref="StrataException">The name is not valid in C#.</exception>
    public void Add(string name, object value, string command, INotebookHost host)
    {
        host.Declare(ResultNames.Check(name), value);
        _values[name] = value;
        _results.Add(new SessionResult(name, command, value));
        // A network with random weights is a control: it never takes the place of a loaded one.
        if (value is Model model && (model.Seed is null || Find(CurrentModel) is not Model { Seed: null })) CurrentModel = name;
        if (value is DataSet or ToyTask or TokenRows) CurrentData = name;
    }

    /// <summary>Every name that has a value, as far as the host can list its variables.</summary>
    public IReadOnlyList<string> Names => _values.Keys.Union(_names()).Order(StringComparer.Ordinal).ToArray();

    /// <summary>The value of a name, made by a command or by a C# cell; null when there is none.</summary>
    public object? Find(string name) => _lookup(name) ?? _values.GetValueOrDefault(name);

    /// <summary>The value of a name, of a required type.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What is needed and how to make it, for the error message: <c>a model (#!model FOLDER)</c>.</param>
    /// <exception cref="StrataException">There is no such name, or its value is something else.</exception>
    public T Get<T>(string name, string what) where T : class => Find(name) switch
    {
        T value => value,
        null => throw new StrataException($"There is nothing named \"{name}\"; expected {what}. {Known()}{Nearest(name)}"),
        object other => throw new StrataException($"\"{name}\" is {ResultKinds.Of(other)}; expected {what}."),
    };

    private string Known() => _values.Count == 0 ? "This session has no results yet." : $"This session has: {string.Join(", ", _values.Select(v => $"{v.Key} ({ResultKinds.Of(v.Value)})"))}.";

    private string Nearest(string name)
    {
        string suggestion = NearestNames.Suggest(name, _values.Keys);
        return suggestion.StartsWith("Did", StringComparison.Ordinal) ? " " + suggestion : "";
    }
}
