using System.CommandLine;
using System.Globalization;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>The arguments and options that several verbs share, and how their texts are read.</summary>
internal static class Inputs
{
    /// <summary>The folder of a model.</summary>
    public static Argument<string> Model() => new("MODEL") { Description = "Folder of a checkpoint (config.json, *.safetensors, tokenizer.json), or a model of the Hugging Face hub: hf:org/name@revision; of a pair (CLIP, SigLIP) with #image or #text behind it." };

    /// <summary>How many tokens run together.</summary>
    public static Option<int?> BatchTokens() => Count("--batch-tokens", "Tokens that run together (2048). Changes speed and memory, not results.");

    /// <summary>Machine-readable output.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document on standard output and nothing else." };

    /// <summary>One plan.</summary>
    public static Option<string?> Plan() => new("--plan") { Description = "The order in which blocks run, such as \"0..4, 8..12\"; all in order by default.", HelpName = "PLAN" };

    /// <summary>Globs of hook points, separated by commas.</summary>
    public static Option<string?> Points(string byDefault) => new("--points") { Description = $"Hook points, such as blocks.*.resid_post,embed. {byDefault}", HelpName = "GLOB[,GLOB...]" };

    /// <summary>How positions become rows.</summary>
    public static Option<string?> Pool(string byDefault) => new("--pool") { Description = $"How the positions of a sequence become one row; {byDefault} by default.", HelpName = "none|mean|last|first" };

    /// <summary>A prompt as ids.</summary>
    public static Option<string?> Tokens() => new("--tokens") { Description = "The prompt as token ids, used as they are.", HelpName = "ID[,ID...]" };

    /// <summary>A prompt as text.</summary>
    public static Option<string?> Text() => new("--text") { Description = "The prompt as text, through the model's tokenizer and its BOS policy.", HelpName = "TEXT" };

    /// <summary>A whole number, 1 or more.</summary>
    public static Option<int?> Count(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0) return value;
            result.AddError($"{name} {text}: expected a whole number, 1 or more.");
            return null;
        },
    };

    /// <summary>Which of several names was written.</summary>
    /// <exception cref="StrataException">None of them.</exception>
    public static T Choice<T>(string option, string text, IReadOnlyDictionary<string, T> choices) =>
        choices.TryGetValue(text, out T? value) ? value : throw new StrataException($"{option} {text}: there is no such choice. {NearestNames.Suggest(text, choices.Keys)}");

    /// <summary>The pooling of an option; its default where it was not given.</summary>
    public static Pooling PoolingOf(string? text, Pooling byDefault) =>
        text is null ? byDefault : Choice("--pool", text, Enum.GetValues<Pooling>().ToDictionary(p => p.ToString().ToLowerInvariant()));

    /// <summary>The parts of a list that was written with commas.</summary>
    /// <exception cref="StrataException">A part is empty.</exception>
    public static string[] List(string option, string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        return parts.All(part => part.Length > 0) ? parts : throw new StrataException($"{option} \"{text}\": expected names separated by commas, and one of them is empty.");
    }

    /// <summary>Refuses options that say how to run a model where only files of activations are read: ignoring them would hide a mistake.</summary>
    /// <exception cref="StrataException">One of the options was given.</exception>
    public static void RefuseForFiles(ParseResult parse, params Option[] options)
    {
        Option? given = options.FirstOrDefault(option => parse.GetResult(option) is not null);
        if (given is not null) throw new StrataException($"{given.Name} is for a model that is run; activations from a file are used as they are.");
    }

    /// <summary>The prompt of <c>--tokens</c> or <c>--text</c>, checked against the model.</summary>
    /// <exception cref="StrataException">Neither or both were given, an id is no id of the model, or the prompt is too long or empty.</exception>
    public static TokenRows Prompt(Model model, string? tokens, string? text, Terminal terminal, string? which = null)
    {
        (string asIds, string asText) = which is null ? ("--tokens", "--text") : ($"--{which}-tokens", $"--{which}");
        if (tokens is null == text is null) throw new StrataException($"Give the {(which is null ? "" : which + " ")}prompt once: {asIds} ID[,ID...] or {asText} TEXT.");

        int[] ids = tokens is not null ? Ids(asIds, tokens) : Encode(model, text!, terminal);
        if (ids.Length == 0) throw new StrataException("The prompt has no tokens; give at least one.");
        model.CheckIds(ids, ids.Length);
        return new TokenRows("prompt", [ids]);
    }

    private static int[] Encode(Model model, string text, Terminal terminal)
    {
        TokenIds ids = model.Tokenize(text);
        if (ids.Warning is string warning) terminal.Note($"Note: {warning}");
        return ids.Ids;
    }

    private static int[] Ids(string option, string text) => List(option, text)
        .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : throw new StrataException($"{option} \"{text}\": \"{part}\" is no token id; expected whole numbers separated by commas."))
        .ToArray();
}
