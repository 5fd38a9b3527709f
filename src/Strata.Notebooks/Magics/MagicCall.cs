using System.CommandLine;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>One line that is being run: its values, the session, the host.</summary>
internal sealed class MagicCall(ParseResult parsed, string line, StrataSession session, INotebookHost host)
{
    public StrataSession Session => session;

    /// <summary>The line as it was written.</summary>
    public string Line => line;

    public IProgress<WorkProgress> Progress => host.Progress;

    public CancellationToken Cancellation => host.Cancellation;

    /// <summary>The value of an option; the type's default when it was not given.</summary>
    public T? Value<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>The value of an argument; the type's default when it was not given.</summary>
    public T? Value<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>Was the option given, with or without a value?</summary>
    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>The parts of a value that is a list with commas.</summary>
    public string[] List(Option<string> option) => (Value(option) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The result's name, checked before any work is done for it.</summary>
    public string ResultName(Option<string> option, string usual) => ResultNames.Check(Value(option) ?? usual);

    /// <summary>The member of an enumeration that a word names.</summary>
    /// <exception cref="StrataException">No member has this name.</exception>
    public T Word<T>(Option<string> option, T usual) where T : struct, Enum
    {
        if (Value(option) is not string word) return usual;
        string[] names = Values.NamesOf<T>();
        int index = Array.IndexOf(names, word.ToLowerInvariant());
        return index >= 0 ? Enum.GetValues<T>()[index] : throw new StrataException($"{option.Name} \"{word}\" is not known. {NearestNames.Suggest(word, names)}");
    }

    /// <summary>Shows each part as an output of its own.</summary>
    public void Show(params IReadOnlyList<object> parts)
    {
        foreach (object part in parts) host.Display(part as MimeBundle ?? Formatters.Format(part));
    }

    /// <summary>Keeps the result under its name.</summary>
    public void Keep(string name, object value) => session.Add(name, value, line, host);
}
