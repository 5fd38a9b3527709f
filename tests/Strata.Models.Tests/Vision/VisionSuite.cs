using System.Text.Json;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Vision;

/// <summary>
/// Small random networks of images, and of texts beside them, with what PyTorch computes for them, made once per test run by <c>tests/reference/vision/vision_suite.py</c>.
/// </summary>
public sealed class VisionSuite : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<string> _root;

    public VisionSuite() => _root = new Lazy<string>(Make);

    /// <summary>Variants of networks that have a folder of their own; fixed here so that a vanished variant is noticed.</summary>
    public static IReadOnlyList<string> Alone { get; } =
    [
        "vit-base", "vit-bare-names", "vit-bf16", "vit-pooler", "vit-rectangle", "deit-base", "deit-bare-names", "deit-teacher", "dinov2-base", "dinov2-swiglu",
        "dinov2_with_registers-base", "dinov2_with_registers-swiglu", "clip_vision_model-base", "clip_vision_model-no-projection",
        "clip_text_model-base", "clip_text_model-first-configurations", "clip_text_model-no-projection",
        "siglip_vision_model-base", "siglip_vision_model-classifier", "siglip_vision_model-no-head", "siglip_text_model-base", "siglip_text_model-projection",
    ];

    /// <summary>All variants: those, and the towers of pairs, FAMILY-pair.</summary>
    public static IReadOnlyList<string> VariantNames { get; } = [.. Alone, "clip_vision_model-pair", "clip_text_model-pair", "siglip_vision_model-pair", "siglip_text_model-pair"];

    public static TheoryData<string> Variants => new(VariantNames);

    /// <summary>The folder of a checkpoint.</summary>
    public string Folder(string variant) => Path.Combine(_root.Value, variant.EndsWith("-pair", StringComparison.Ordinal) ? Pair(variant) : variant);

    public Model Load(string variant, TensorEngine? engine = null) => Model.Load(Folder(variant), new ModelOptions { Engine = engine, Tower = TowerOf(variant) });

    public SafetensorsFile Expected(string variant) => SafetensorsFile.Open(Path.Combine(InputFolder(variant), "expected.safetensors"));

    /// <summary>The requests, with plan where they have one.</summary>
    public IReadOnlyList<(string Name, string Input, string? Plan)> Requests(string variant)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(InputFolder(variant), "requests.json")));
        return [.. json.RootElement.EnumerateArray().Select(r => (r.GetProperty("name").GetString()!, r.GetProperty("input").GetString()!, r.GetProperty("plan_text").GetString()))];
    }

    /// <summary>Names of the inputs in their order.</summary>
    public string[] Inputs(string variant) => [.. Requests(variant).Where(request => request.Plan is null).Select(request => request.Input)];

    /// <summary>Inputs as rows: images or ids.</summary>
    public TokenRows Rows(string variant, Model model, params string[] inputs)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(InputFolder(variant), "inputs.safetensors"));
        Tensor[] tensors = [.. inputs.Select(input => file.Read(CpuEngine.Default, input))];
        return model.Spec.Image is ImageSpec image
            ? new TokenRows("images", image, [.. tensors.Select(tensor => new ImagePixels(tensor.ToArray(), tensor.Shape[1], tensor.Shape[2]))])
            : new TokenRows("texts", [.. tensors.Select(tensor => Array.ConvertAll(tensor.ToArray(), id => (int)id))]);
    }

    public void Dispose() => _folder.Dispose();

    private static Tower? TowerOf(string variant) => !variant.EndsWith("-pair", StringComparison.Ordinal) ? null : variant.Contains("vision", StringComparison.Ordinal) ? Tower.Image : Tower.Text;

    private static string Pair(string variant) => variant.Split('_')[0];

    private string InputFolder(string variant) => TowerOf(variant) is Tower tower ? Path.Combine(Folder(variant), tower == Tower.Image ? "image" : "text") : Folder(variant);

    private string Make()
    {
        Python.Require("torch", "python3-torch libopenblas0-openmp");
        string root = Path.Combine(_folder.Path, "networks");
        Python.RunReference("vision/vision_suite.py", root);
        return root;
    }
}
