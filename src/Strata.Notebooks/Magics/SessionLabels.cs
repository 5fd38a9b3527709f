using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>The labels of what a session calls data.</summary>
internal static class SessionLabels
{
    /// <summary>The labels of a data set or a task for activations that were captured on it.</summary>
    /// <exception cref="StrataException">The value is neither, or the data are not those that were captured.</exception>
    public static DataLabels Of(Activations activations, string name, object data, Func<Model> model) => data switch
    {
        ToyTask task => new DataLabels(activations, task.Data, task.Labels, model),
        DataSet set => new DataLabels(activations, set, null, model),
        _ => throw new StrataException($"\"{name}\" is {ResultKinds.Of(data)}; expected a data set or a task, which have labels."),
    };

    /// <summary>The names of the labels that data have; none for what is neither a data set nor a task.</summary>
    public static IEnumerable<string> NamesOf(object? data) => data switch
    {
        ToyTask task => task.Labels.Keys,
        DataSet { Count: > 0 } set => set[0].Fields.Keys,
        _ => [],
    };
}
