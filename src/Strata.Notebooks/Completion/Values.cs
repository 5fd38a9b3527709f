using System.Text.Json;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary>What the values of options and arguments could be, by kind.</summary>
internal static class Values
{
    /// <summary>Names of models.</summary>
    public static ValueSource Models { get; } = Results<Model>();

    /// <summary>Names of data sets, tasks and token rows.</summary>
    public static ValueSource Data { get; } = Named(value => value is DataSet or ToyTask or TokenRows);

    /// <summary>Names of activations.</summary>
    public static ValueSource Activations { get; } = Results<Activations>();

    /// <summary>Hook points and globs of the model.</summary>
    public static ValueSource Points { get; } = scope => scope.Model is { } model ? HookPointCompletion.Of(model, scope.Typed) : CompletionList.Empty;

    /// <summary>Plans of the model.</summary>
    public static ValueSource Plan { get; } = scope => scope.Model is { } model ? PlanCompletion.Of(model.Plans, scope.Typed) : CompletionList.Empty;

    /// <summary>Ranges of blocks of the model.</summary>
    public static ValueSource BlockRange { get; } = scope => scope.Model is { } model
        ? CompletionList.Continuing(scope.Typed, 0, PainterRanges(model.Spec.Blocks))
        : CompletionList.Empty;

    /// <summary>Heads of the model.</summary>
    public static ValueSource Head { get; } = scope => scope.Model is { } model
        ? CompletionList.Continuing(scope.Typed, 0, Enumerable.Range(0, model.Spec.Heads).Select(head => new CompletionCandidate($"{head}", "value")))
        : CompletionList.Empty;

    /// <summary>Labels of the data.</summary>
    public static ValueSource Labels { get; } = scope => CompletionList.Continuing(scope.Typed, 0, SessionLabels.NamesOf(scope.Data).Select(name => new CompletionCandidate(name, "value")));

    /// <summary>Folders, and the models of the hub that are on this machine.</summary>
    public static ValueSource ModelFolder { get; } = scope =>
    {
        CompletionList folders = PathCompletion.Of(scope.Typed, _ => false);
        return scope.Typed.Contains('/') && !scope.Typed.StartsWith("hf:", StringComparison.Ordinal) ? folders : folders with { Candidates = [.. folders.Candidates, .. HubCompletion.Of(scope.Typed)] };
    };

    /// <summary>Folders.</summary>
    public static ValueSource Folder { get; } = scope => PathCompletion.Of(scope.Typed, _ => false);

    /// <summary>Folders and files; with extensions, files of those alone.</summary>
    public static ValueSource File(params string[] extensions) =>
        scope => PathCompletion.Of(scope.Typed, extensions.Length == 0 ? null : name => extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase));

    /// <summary>Names of results of a type.</summary>
    public static ValueSource Results<T>() => Named(value => value is T);

    /// <summary>Words.</summary>
    public static ValueSource Words(params IEnumerable<string> words) => Words(words.Select(word => (word, "")));

    /// <summary>Words with what they mean.</summary>
    public static ValueSource Words(IEnumerable<(string Word, string Summary)> words)
    {
        CompletionCandidate[] candidates = words.Select(word => new CompletionCandidate(word.Word, "value", word.Summary)).ToArray();
        return scope => CompletionList.Continuing(scope.Typed, 0, candidates);
    }

    /// <summary>The words of an enumeration.</summary>
    public static ValueSource Words<T>() where T : struct, Enum => Words(NamesOf<T>());

    /// <summary>The members of an enumeration as they are written on a line.</summary>
    public static string[] NamesOf<T>() where T : struct, Enum => Enum.GetNames<T>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName).ToArray();

    /// <summary>What any of two sources has.</summary>
    public static ValueSource Either(ValueSource first, ValueSource second) => scope =>
    {
        CompletionList found = first(scope);
        return found with { Candidates = [.. found.Candidates, .. second(scope).Candidates] };
    };

    /// <summary>Several values with commas between, none twice.</summary>
    public static ValueSource List(ValueSource each) => scope =>
    {
        int start = scope.Typed.LastIndexOf(',') + 1;
        while (start < scope.Typed.Length && scope.Typed[start] == ' ') start++;
        string[] listed = scope.Typed[..start].Split(',', StringSplitOptions.TrimEntries);
        CompletionList found = each(scope with { Typed = scope.Typed[start..] }).Shift(start);
        return found with { Candidates = found.Candidates.Where(candidate => !listed.Contains(candidate.Text)).ToArray() };
    };

    private static ValueSource Named(Func<object, bool> takes) => scope => CompletionList.Continuing(scope.Typed, 0, scope.Session.Names
        .Select(name => (Name: name, Value: scope.Session.Find(name)))
        .Where(named => named.Value is not null && takes(named.Value))
        .Select(named => new CompletionCandidate(named.Name, "instance", ResultKinds.Of(named.Value!))));

    /// <summary>Centred ranges, widest first: those of which a painters' plan changes the most.</summary>
    private static IEnumerable<CompletionCandidate> PainterRanges(int blocks) =>
        Enumerable.Range(1, Math.Max(0, (blocks - 1) / 2)).Select(margin => new CompletionCandidate($"{margin}..{blocks - margin}", "value", $"blocks {margin} to {blocks - margin - 1}"));
}
