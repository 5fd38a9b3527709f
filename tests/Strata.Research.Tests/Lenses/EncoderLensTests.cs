using System.Text.Json;
using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests.Lenses;

/// <summary>What an encoder can be asked for: readings of each place through its head, and no losses of the next token.</summary>
public class EncoderLensTests
{
    private static readonly TokenRows Rows = new("ids", [[5, 9, 11, 3, 2], [7, 1]]);

    [Fact]
    public void TheLensReadsEachPlaceThroughTheHeadAndScoresItsOwnToken()
    {
        Model model = Bert(head: true);
        LogitLens lens = LogitLens.Read(model, Rows);
        FloatMatrix logits = model.Capture(new TokenRows("one", [Rows.Sequences[0]]), new CaptureRequest { Points = ["logits"], Announce = _ => { } }).Rows("logits");
        for (int position = 0; position < 5; position++)
        {
            float[] row = logits.Row(position).ToArray();
            double log = Math.Log(row.Sum(x => Math.Exp(x)));
            LensCell last = lens.Cells[0][^1][position];
            Assert.Equal(Array.IndexOf(row, row.Max()), last.TopId);
            Assert.Equal(log - row[Rows.Sequences[0][position]], last.Loss, 1e-4);
            Assert.Equal(0, last.Divergence, 1e-6);
        }

        Assert.DoesNotContain(lens.Cells.SelectMany(row => row).SelectMany(cells => cells), cell => double.IsNaN(cell.Loss));
    }

    [Fact]
    public void LossesOfTheNextTokenAndReadingsWithoutAHeadAreRefusedWithTheReason()
    {
        Assert.Contains("is an encoder, whose tokens see those behind them", Assert.Throws<StrataException>(() => Evaluation.Run(Bert(head: true), Rows)).Message);
        Assert.Contains("is an encoder", Assert.Throws<StrataException>(() => Sweep.Run(Bert(head: true), Rows, [LayerPlan.Parse("0", 3)])).Message);
        Assert.Contains("no head of a language model", Assert.Throws<StrataException>(() => LogitLens.Read(Bert(head: false), Rows)).Message);
    }

    private static Model Bert(bool head)
    {
        using JsonDocument config = JsonDocument.Parse("""{"model_type":"bert","hidden_size":24,"num_hidden_layers":3,"num_attention_heads":3,"intermediate_size":40,"vocab_size":19,"initializer_range":0.3}""");
        ModelSpec spec = new BertFamily().ReadSpec(new ConfigReader(config.RootElement, "config.json"));
        return Model.Random(head ? spec with { HasUnembedding = true, HeadTransform = new HeadTransform(24, Activation.GeluErf) } : spec, 3);
    }
}
