using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Reference;

/// <summary>Forward passes against PyTorch: every hook point, every plan form, generation.</summary>
[Collection(PytorchCollection.Name)]
public class ReferenceTests(PytorchSuite suite)
{
    [SkippableTheory]
    [MemberData(nameof(PytorchSuite.Variants), MemberType = typeof(PytorchSuite))]
    public void EveryHookPointAgrees(string variant)
    {
        Model model = suite.Load(variant);
        using SafetensorsFile expected = suite.Expected(variant);
        foreach (ReferenceRequest request in suite.Requests(variant).Where(r => r.Plan is null))
        {
            Activations acts = Capture(model, request, "*");
            foreach (string point in acts.Points) PytorchSuite.AssertClose(expected, $"{request.Name}/{point}", acts.Rows(point).Values, PytorchSuite.Tolerance(variant));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(PytorchSuite.Variants), MemberType = typeof(PytorchSuite))]
    public void EveryPlanFormAgrees(string variant)
    {
        Model model = suite.Load(variant);
        using SafetensorsFile expected = suite.Expected(variant);
        ReferenceRequest[] requests = suite.Requests(variant).Where(r => r.Plan is not null).ToArray();

        // Half blocks that do not exist are not asked for.
        Assert.True(requests.Length >= (model.Spec.Block(0) is { HasMlp: true, MixesTokens: true } ? 16 : 13));
        foreach (ReferenceRequest request in requests)
        {
            LayerPlan plan = model.Plans.Parse(request.Plan!);
            TokenBatch batch = new([request.Tokens]);
            BatchRun run = new(model, batch);
            using TensorScope scope = model.Engine.OpenScope();
            Tensor stream = run.Embed(scope);
            List<float> streams = [.. stream.Span];
            int execution = 0;
            foreach (PlanStep step in plan.Steps)
            {
                stream = run.Step(scope, stream, step, execution);
                execution += step.Executions.Count();
                streams.AddRange(stream.Span);
            }

            PytorchSuite.AssertClose(expected, $"{request.Name}/stream", streams.ToArray(), PytorchSuite.Tolerance(variant));
            if (model.Spec.HasUnembedding) PytorchSuite.AssertClose(expected, $"{request.Name}/logits", Capture(model, request, "logits").Rows("logits").Values, PytorchSuite.Tolerance(variant));
            if (!model.Spec.Causal) continue;
            float[] losses = new float[batch.Tokens];
            run.Losses(scope, stream, losses, new int[batch.Tokens]);
            PytorchSuite.AssertClose(expected, $"{request.Name}/loss", losses.AsSpan(0, losses.Length - 1), PytorchSuite.Tolerance(variant));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(PytorchSuite.Decoders), MemberType = typeof(PytorchSuite))]
    public void GreedyContinuationAgrees(string variant)
    {
        // Rounding of bfloat16 weights is exact on both sides, so that even there the same tokens win.
        (int[] prompt, int[] tokens) = suite.Generation(variant);
        Model model = suite.Load(variant);
        Generation result = model.Generate(new TokenRows("prompt", [prompt]), new GenerationRequest { MaxNew = tokens.Length, StopIds = [] });
        Assert.Equal(tokens, result.NewTokens[0]);
    }

    private static Activations Capture(Model model, ReferenceRequest request, string point) => model.Capture(
        request.Rows,
        new CaptureRequest { Points = [point], Plan = request.Plan is null ? null : model.Plans.Parse(request.Plan), Announce = _ => { } });
}
