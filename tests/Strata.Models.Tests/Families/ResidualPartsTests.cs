using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Families;

/// <summary>The parts of a stream add up, and so do their scores, in every family whose stream is a sum.</summary>
[Collection(PytorchCollection.Name)]
public class ResidualPartsTests(PytorchSuite suite)
{
    public static TheoryData<string> Variants => new(PytorchSuite.VariantNames.Where(v => (!PytorchSuite.IsEncoder(v) || v == "bert-base") && !v.EndsWith("bf16", StringComparison.Ordinal)));

    [SkippableTheory]
    [MemberData(nameof(Variants))]
    public void ScoresOfThePartsAddUpToTheLogits(string variant)
    {
        Model model = suite.Load(variant);
        Random random = new(3);
        int[] ids = Enumerable.Range(0, 7).Select(_ => random.Next(model.Spec.Vocabulary)).ToArray();
        if (model.Spec.NormPlacement == NormPlacement.Stream || model.Spec.EmbeddingProjectionLast)
        {
            Assert.Contains("no sum of parts", Assert.Throws<StrataException>(() => ResidualParts.Capture(model, ids, 4)).Message);
            return;
        }

        foreach (LayerPlan? plan in new[] { null, model.Plans.Parse("0, 1, 0") })
        {
            ResidualParts parts = ResidualParts.Capture(model, ids, 4, plan);
            for (int j = 0; j < model.Spec.Width; j++) Assert.Equal(parts.Stream[j], Enumerable.Range(0, parts.Names.Count).Sum(p => parts.Rows[p, j]), 1e-4);
            CheckFinerParts(model, ids, plan, parts);
            if (!model.Spec.HasUnembedding || model.Spec.HeadTransform is not null) continue;
            (FloatMatrix scores, float[] constant) = model.UnembedParts(parts.Rows, parts.Stream);
            float[] logits = model.Capture(new TokenRows("ids", [ids]), new CaptureRequest { Points = ["logits"], Plan = plan, Announce = _ => { } }).Rows("logits").Row(4).ToArray();
            for (int token = 0; token < logits.Length; token++)
            {
                double sum = constant[token] + Enumerable.Range(0, scores.Rows).Sum(p => (double)scores[p, token]);
                if (model.Spec.LogitSoftCap is float cap) sum = cap * Math.Tanh(sum / cap);
                Assert.Equal(logits[token], sum, 1e-4);
            }
        }

        Assert.Contains("blocks one after another", Assert.Throws<StrataException>(() => ResidualParts.Capture(model, ids, 4, model.Plans.Parse("parallel(0..2)"))).Message);
        Assert.Throws<StrataException>(() => ResidualParts.Capture(model, ids, 7));
    }

    /// <summary>Heads, neurons and biases add up to what their attention or MLP adds; all other parts stay as they were.</summary>
    private static void CheckFinerParts(Model model, int[] ids, LayerPlan? plan, ResidualParts whole)
    {
        ResidualParts fine = ResidualParts.Capture(model, ids, 4, plan, new ResidualDetail { Heads = true, NeuronsPerPart = 5 });
        Assert.Equal(whole.Stream, fine.Stream);
        foreach (string name in whole.Names)
        {
            string again = name.Contains('#') ? name[name.IndexOf('#')..] : "", sublayer = name[..^again.Length] switch
            {
                string n when n.EndsWith("attn_out", StringComparison.Ordinal) => n.Replace("attn_out", "attn."),
                string n when n.EndsWith(".mlp_out", StringComparison.Ordinal) && !fine.Names.Contains(name) => n.Replace("mlp_out", "mlp."),
                string n => n,
            };
            int[] parts = [.. Enumerable.Range(0, fine.Names.Count).Where(i => fine.Names[i].StartsWith(sublayer, StringComparison.Ordinal) && fine.Names[i].EndsWith(again, StringComparison.Ordinal) && fine.Names[i].Contains('#') == again.Length > 0)];
            if (sublayer.EndsWith("attn.", StringComparison.Ordinal)) Assert.Equal(model.Spec.Heads, parts.Count(i => fine.Names[i].Contains(".head.", StringComparison.Ordinal)));
            int row = whole.Names.ToList().IndexOf(name);
            for (int j = 0; j < model.Spec.Width; j++) Assert.Equal(whole.Rows[row, j], parts.Sum(i => fine.Rows[i, j]), 1e-4);
        }
    }
}
