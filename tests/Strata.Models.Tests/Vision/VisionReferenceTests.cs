using Strata.Models.Tests.Reference;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Vision;

/// <summary>Networks of images and of texts beside them against PyTorch: every hook point, images of other sizes, every plan form, similarities of pairs.</summary>
[Collection(PytorchCollection.Name)]
public class VisionReferenceTests(VisionSuite suite)
{
    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void EveryHookPointAgrees(string variant)
    {
        Model model = suite.Load(variant);
        using SafetensorsFile expected = suite.Expected(variant);
        foreach (string input in suite.Inputs(variant))
        {
            Activations acts = model.Capture(suite.Rows(variant, model, input), TestModels.Quiet("*"));
            foreach (string point in acts.Points) PytorchSuite.AssertClose(expected, $"{input}/{point}", acts.Rows(point).Values, PytorchSuite.Tolerance(variant));
            Assert.Equal(expected.Names.Count(name => name.StartsWith(input + "/", StringComparison.Ordinal)), acts.Points.Count);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(VisionSuite.Variants), MemberType = typeof(VisionSuite))]
    public void EveryPlanFormAgrees(string variant)
    {
        Model model = suite.Load(variant);
        using SafetensorsFile expected = suite.Expected(variant);
        (string Name, string Input, string? Plan)[] requests = [.. suite.Requests(variant).Where(request => request.Plan is not null)];
        Assert.True(requests.Length >= 16);
        TokenRows rows = suite.Rows(variant, model, "first");
        string last = model.Explain().Points[^1].Name;
        foreach ((string name, _, string? text) in requests)
        {
            LayerPlan plan = model.Plans.Parse(text!);
            BatchRun run = new(model, rows.Batches(1).Single().Batch);
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

            PytorchSuite.AssertClose(expected, $"{name}/stream", streams.ToArray(), PytorchSuite.Tolerance(variant));
            PytorchSuite.AssertClose(expected, $"{name}/{last}", model.Capture(rows, TestModels.Quiet(last) with { Plan = plan }).Rows(last).Values, PytorchSuite.Tolerance(variant));
        }
    }

    [SkippableTheory]
    [InlineData("clip")]
    [InlineData("siglip")]
    public void SimilaritiesOfAPairAgree(string name)
    {
        ImageTextPair pair = ImageTextPair.Load(suite.Folder($"{name}_vision_model-pair"));
        string image = $"{name}_vision_model-pair", text = $"{name}_text_model-pair";
        TokenRows images = suite.Rows(image, pair.Image, suite.Inputs(image)), texts = suite.Rows(text, pair.Text, suite.Inputs(text));
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(suite.Folder(image), "similarity.safetensors"));
        FloatMatrix actual = pair.Similarity(images, texts);
        Assert.Equal((images.Count, texts.Count), (actual.Rows, actual.Columns));
        PytorchSuite.AssertClose(expected, "logits_per_image", actual.Values, 2e-4f);
    }
}
