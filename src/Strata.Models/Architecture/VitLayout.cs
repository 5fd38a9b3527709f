using System.Text.Json;

namespace Strata.Models;

/// <summary>What the networks of images share that follow the Vision Transformer (Dosovitskiy et al. 2020): sizes, patches, and for ViT, DeiT and DINOv2 the spec.</summary>
internal static class VitLayout
{
    private const int MaxSide = 1 << 14;

    /// <summary>Reads the keys that ViT, DeiT and DINOv2 share.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="family">Name of the family.</param>
    /// <param name="epsilon">Epsilon of the norms where the key is absent.</param>
    /// <param name="patch">Side of a patch where the key is absent.</param>
    /// <exception cref="InvalidFileException">A value is out of range or asks for what Strata does not compute.</exception>
    public static ModelSpec ReadSpec(ConfigReader config, string family, float epsilon, int patch)
    {
        int width = config.OptionalInt("hidden_size", 1, 1 << 20) ?? 768, heads = config.OptionalInt("num_attention_heads", 1, 1 << 16) ?? 12;
        if (width % heads != 0) throw new InvalidFileException(config.Path, $"hidden_size {width} does not divide into num_attention_heads {heads} heads.");
        return new ModelSpec
        {
            Family = family,
            Causal = false,
            Blocks = config.OptionalInt("num_hidden_layers", 0, LayerPlan.MaxExecutions) ?? 12,
            Width = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadWidth = width / heads,
            MlpWidth = config.OptionalInt("intermediate_size", 1, 1 << 24) ?? 3072,
            Vocabulary = 0,
            MaxPositions = ImageSpec.MaxTokens,
            Norm = NormKind.LayerNorm,
            NormEpsilon = config.OptionalFloat("layer_norm_eps", 0) ?? epsilon,
            Positions = PositionKind.Learned,
            Activation = config.Activation("hidden_act", "gelu"),
            GatedMlp = false,
            AttentionBias = config.OptionalBool("qkv_bias") ?? true,
            AttentionOutputBias = true,
            MlpBias = true,
            TiedUnembedding = false,
            HasUnembedding = false,
            InitializerRange = config.OptionalFloat("initializer_range") ?? 0.02f,
            Image = Image(config, 224, patch) with { Prefix = new(["cls"]), PrefixPositions = 1 },
            SequenceHead = new SequenceHead(null, config.Labels()),
        };
    }

    /// <summary>Size of images and patches; each is one number, or two of which those of a patch are equal.</summary>
    public static ImageSpec Image(ConfigReader config, int size, int patch)
    {
        if (config.OptionalInt("num_channels", 1, int.MaxValue) is int channels and not 3) throw config.Refuse("num_channels", $"is {channels}; Strata reads images of 3 colours.");
        (int height, int width) = Sides(config, "image_size", size);
        (int patchHeight, int patchWidth) = Sides(config, "patch_size", patch);
        if (patchHeight != patchWidth) throw config.Refuse("patch_size", $"is {patchHeight} x {patchWidth}; Strata computes square patches.");
        if (height < patchHeight || width < patchWidth) throw config.Refuse("image_size", $"is {height} x {width}, smaller than a patch of {patchHeight} x {patchWidth}.");
        ImageSpec spec = new(height, width, patchHeight);
        return (long)spec.Grid.Rows * spec.Grid.Columns <= ImageSpec.MaxTokens / 2 ? spec : throw config.Refuse("image_size", $"gives {(long)spec.Grid.Rows * spec.Grid.Columns:N0} patches; at most {ImageSpec.MaxTokens / 2:N0} are read.");
    }

    /// <summary>The map of the patches: a convolution whose step is its width.</summary>
    public static LinearEntry Patch(ModelSpec spec, string name)
    {
        LinearEntry linear = WeightNames.Linear(name, 1, spec.Width, spec.Image!.PatchBias);
        return linear with { Weight = linear.Weight with { Shape = new(spec.Width, 3, spec.Image.Patch, spec.Image.Patch) } };
    }

    /// <summary>A learned token or table of the first families, with an axis of length 1 before its rows.</summary>
    public static WeightEntry Tokens(ModelSpec spec, string name, int rows) => new(name, new(1, rows, spec.Width), WeightRole.Embedding);

    private static (int Height, int Width) Sides(ConfigReader config, string name, int absent)
    {
        if (!config.Has(name)) return (absent, absent);
        if (config.Element.GetProperty(name).ValueKind != JsonValueKind.Array) return (config.RequiredInt(name, 1, MaxSide), config.RequiredInt(name, 1, MaxSide));
        int[] sides = [.. config.Items(name).Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int side) && side is >= 1 and <= MaxSide ? side : throw config.Refuse(name, $"lists {Excerpt.Quote(item.ToString())}; expected integers from 1 to {MaxSide}."))];
        return sides.Length == 2 ? (sides[0], sides[1]) : throw config.Refuse(name, $"lists {sides.Length} numbers; expected height and width.");
    }
}
