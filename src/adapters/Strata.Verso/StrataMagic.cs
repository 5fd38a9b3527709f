using Strata.Notebooks;
using Verso.Abstractions;

namespace Strata.Verso;

/// <summary>A magic command of Strata as a Verso extension: Verso finds one class per command. The command itself is the one of every host.</summary>
/// <param name="word">The word without <c>#!</c>.</param>
public abstract class StrataMagic(string word) : IMagicCommand
{
    /// <inheritdoc/>
    public string ExtensionId => $"strata.magic.{word}";

    /// <inheritdoc/>
    public string Name => word;

    string IExtension.Name => $"Strata #!{word}";

    /// <inheritdoc/>
    public string Version => typeof(StrataMagic).Assembly.GetName().Version!.ToString(3);

    /// <inheritdoc/>
    public string? Author => "The Strata authors";

    /// <inheritdoc/>
    public string Description => MagicCommands.Names.Single(command => command.Name == "#!" + word).Summary;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterDefinition> Parameters { get; } =
        MagicCommands.OptionsOf("#!" + word).Select(option => new ParameterDefinition(option.Name, option.Summary, typeof(string))).ToArray();

    /// <inheritdoc/>
    public Task OnLoadedAsync(IExtensionHostContext context) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnUnloadedAsync() => Task.CompletedTask;

    /// <summary>Runs the command. When it fails, Verso shows the exception's message, and the rest of the cell does not run.</summary>
    /// <param name="arguments">The line after the word.</param>
    /// <param name="context">The cell; its token cancels the command.</param>
    /// <exception cref="Models.StrataException">The command cannot do what is asked; the message says what would work.</exception>
    /// <exception cref="OperationCanceledException">The cell was cancelled.</exception>
    public async Task ExecuteAsync(string arguments, IMagicCommandContext context)
    {
        VersoSession session = VersoSession.Of(context.Variables);
        // Commands compute on the thread that calls them; Verso's must stay free to answer its front end.
        await Task.Run(() => session.ExecuteAsync($"#!{word} {arguments}", context), context.CancellationToken);
    }
}
