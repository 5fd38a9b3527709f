namespace Strata.Models;

/// <summary>BERT (Devlin et al. 2018): an encoder with learned positions, token types and norms behind each half block, trained to fill in masked tokens.</summary>
public sealed class BertFamily : ModelFamily
{
    private static readonly BertNames Names = new();

    /// <inheritdoc/>
    public override string Name => "bert";

    /// <inheritdoc/>
    public override string Networks => "BERT, MiniLM, BGE, E5, GTE";

    /// <inheritdoc/>
    public override ModelSpec ReadSpec(ConfigReader config) => BertLayout.ReadSpec(config, Name, new BertDefaults());

    /// <inheritdoc/>
    public override ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => BertLayout.WithHeads(spec, has, Names);

    /// <inheritdoc/>
    public override WeightMap Map(ModelSpec spec, Func<string, bool> has) => BertLayout.Map(spec, has, Names);
}
