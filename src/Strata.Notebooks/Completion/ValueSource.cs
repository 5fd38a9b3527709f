using System.CommandLine;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>The value of an option or argument that is being typed.</summary>
/// <param name="Session">The session.</param>
/// <param name="Typed">The value before the cursor, without quotes.</param>
/// <param name="Given">What the line gives for an option; null when it does not.</param>
internal sealed record ValueScope(StrataSession Session, string Typed, Func<string, string?> Given)
{
    /// <summary>The model that the line means; null when there is none of its name.</summary>
    public Model? Model => Session.Find(Given("--model") ?? Session.CurrentModel) as Model;

    /// <summary>The data that the line means; null when there are none of their name.</summary>
    public object? Data => Session.Find(Given("--data") ?? Session.CurrentData);
}

/// <summary>What a value could be.</summary>
internal delegate CompletionList ValueSource(ValueScope scope);

/// <summary>A part of a command's grammar that knows what its values could be.</summary>
internal interface IHasValues
{
    /// <summary>Completes the value; null for numbers and free text.</summary>
    ValueSource? Values { get; }
}

/// <summary>An option that knows what its values could be.</summary>
internal sealed class MagicOption<T>(string name) : Option<T>(name), IHasValues
{
    /// <inheritdoc/>
    public ValueSource? Values { get; init; }
}

/// <summary>An argument that knows what its values could be.</summary>
internal sealed class MagicArgument<T>(string name) : Argument<T>(name), IHasValues
{
    /// <inheritdoc/>
    public ValueSource? Values { get; init; }
}
