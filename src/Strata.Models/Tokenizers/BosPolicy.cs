namespace Strata.Models;

/// <summary>Whether a tokenizer begins its ids with the beginning-of-sequence token (BOS). Many networks work badly without it, and with two of them.</summary>
/// <param name="Token">The token, as tokenizer_config.json names it; null when it names none.</param>
/// <param name="Id">Its id; null when there is none or the vocabulary lacks it.</param>
/// <param name="TemplateAdds">Whether the template in tokenizer.json sets it before the text.</param>
/// <param name="ConfigAdds"><c>add_bos_token</c> of tokenizer_config.json; null when it does not say.</param>
public sealed record BosPolicy(string? Token, int? Id, bool TemplateAdds, bool? ConfigAdds)
{
    /// <summary>Whether the tokenizer adds BOS: <c>add_bos_token</c> decides where it is given, the template where it is not.</summary>
    public bool Adds => Id is not null && (ConfigAdds ?? TemplateAdds);

    /// <summary>The policy in a sentence, with where it comes from.</summary>
    public string Note
    {
        get
        {
            if (Token is null) return "The checkpoint names no beginning-of-sequence token.";
            if (Id is null) return $"The checkpoint names {Excerpt.Quote(Token)} as its beginning-of-sequence token, but the vocabulary lacks it.";
            string source = ConfigAdds is null
                ? $"the template in tokenizer.json {(TemplateAdds ? "sets it before the text" : "has none")}"
                : $"add_bos_token is {(ConfigAdds.Value ? "true" : "false")}{(ConfigAdds != TemplateAdds ? $", although the template in tokenizer.json {(TemplateAdds ? "sets it before the text" : "has none")}" : "")}";
            return $"{Excerpt.Quote(Token)} is {(Adds ? "" : "not ")}added: {source}.";
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Note;

    /// <summary>What is suspicious about ids under this policy; null when nothing is.</summary>
    internal string? Check(ReadOnlySpan<int> ids)
    {
        if (Id is not { } bos) return null;
        if (ids.Length > 1 && ids[0] == bos && ids[1] == bos)
            return $"The ids begin with {Excerpt.Quote(Token)} twice: the text has it already. Take it out of the text, or encode with addSpecialTokens: false.";
        if (Adds && (ids.Length == 0 || ids[0] != bos))
            return $"The ids do not begin with {Excerpt.Quote(Token)}, which this checkpoint expects. Encode with addSpecialTokens: true, or begin the text with it.";
        return null;
    }
}
