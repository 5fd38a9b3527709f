using System.Text.Json;
using Strata.Tensors;
using Xunit;

namespace Strata.Models.Tests.Reference;

/// <summary>
/// Small random networks of every family and feature with what PyTorch computes for them, made once per test run by <c>tests/reference/reference.py</c>.
/// Without PyTorch the tests that need it are skipped with the reason; in CI they fail.
/// </summary>
public sealed class PytorchSuite : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"strata-reference-{Guid.NewGuid():N}");
    private readonly string? _missing;

    public PytorchSuite()
    {
        _missing = Python.Run("-c", "import torch") is string problem ? $"PyTorch is not installed for {Python.Interpreter} (apt-get install python3-torch libopenblas0-openmp): {problem}" : null;
        if (_missing is not null) return;
        string? failed = Python.Run(Path.Combine(Repository.Root, "tests/reference/reference.py"), "suite", _root, "--seed", "1");
        if (failed is not null) throw new InvalidOperationException($"The reference failed: {failed}");
    }

    /// <summary>Variants in the order of the reference's tables; fixed here so that a vanished variant is noticed.</summary>
    public static IReadOnlyList<string> VariantNames { get; } =
    [
        "gpt2-base", "gpt2-bare-names", "gpt2-bf16", "gpt2-gelu-erf", "gpt2-inverse-layer-scale", "gpt2-mask-buffers", "gpt2-sharded", "gpt2-unscaled-attention",
        "gpt2-untied",
        "gpt_neo-base", "gpt_neo-local", "gpt_neo-untied",
        "gptj-base", "gptj-bf16", "gptj-whole-heads",
        "gpt_neox-base", "gpt_neox-bf16", "gpt_neox-buffers", "gpt_neox-defaults", "gpt_neox-no-attention-bias", "gpt_neox-rope-dynamic", "gpt_neox-rope-linear",
        "gpt_neox-rope-parameters", "gpt_neox-sequential", "gpt_neox-tied", "gpt_neox-whole-heads",
        "opt-base", "opt-no-bias-no-gain", "opt-no-final-norm", "opt-norms-behind", "opt-projected",
        "bloom-base", "bloom-bf16", "bloom-six-heads",
        "falcon-base", "falcon-alibi", "falcon-bias", "falcon-grouped", "falcon-grouped-one-norm", "falcon-sequential",
        "llama-base", "llama-attention-bias", "llama-bf16", "llama-defaults", "llama-large-epsilon", "llama-mlp-bias", "llama-rope-linear", "llama-rope-linear-old-key",
        "llama-rope-llama3", "llama-rope-parameters", "llama-rope-parameters-llama3", "llama-sharded", "llama-tied",
        "mistral-base", "mistral-bf16", "mistral-defaults", "mistral-no-window",
        "mixtral-base", "mixtral-window",
        "qwen2-base", "qwen2-bf16", "qwen2-dynamic", "qwen2-layer-types", "qwen2-tied", "qwen2-windows", "qwen2-yarn", "qwen2-yarn-mscale", "qwen2-yarn-options",
        "qwen2_moe-base", "qwen2_moe-dense-layers", "qwen2_moe-sparse-step",
        "qwen3-base", "qwen3-bias-tied", "qwen3-windows",
        "qwen3_moe-base", "qwen3_moe-plain-weights",
        "gemma-base", "gemma-old-activation", "gemma-untied",
        "gemma2-base", "gemma2-bf16", "gemma2-defaults", "gemma2-no-caps",
        "gemma3_text-base", "gemma3_text-layer-types", "gemma3_text-rope-linear", "gemma3_text-rope-parameters",
        "gemma3-base",
        "phi-base", "phi-normalised-heads",
        "phi3-base", "phi3-longrope", "phi3-longrope-partial", "phi3-window",
        "olmo-base", "olmo-clipped",
        "olmo2-base", "olmo2-bias-tied",
        "olmoe-base", "olmoe-clipped",
        "stablelm-base", "stablelm-bias", "stablelm-normalised-heads", "stablelm-parallel",
        "smollm3-base", "smollm3-layers", "smollm3-windows",
        "granite-base", "granite-bias-tied",
        "nemotron_h-base", "nemotron_h-bf16", "nemotron_h-block-types", "nemotron_h-defaults",
        "mamba_ssm-base", "mamba_ssm-options", "mamba_ssm-second", "mamba_ssm-second-groups",
        "jamba-base", "jamba-bf16", "jamba-defaults", "jamba-switches",
        "mamba-base", "mamba-bf16", "mamba-defaults", "mamba-old-names", "mamba-switches",
        "mamba2-base", "mamba2-bf16", "mamba2-defaults", "mamba2-switches",
        "bert-base", "bert-bf16", "bert-classifier", "bert-no-head", "bert-oldest-names", "bert-untied",
        "roberta-base", "roberta-classifier", "roberta-no-head", "roberta-padding", "xlm_roberta-base", "camembert-base",
        "distilbert-base", "distilbert-classifier", "distilbert-no-head",
        "albert-base", "albert-classifier", "albert-groups", "albert-no-head",
        "electra-base", "electra-classifier", "electra-no-head",
        "mpnet-base", "mpnet-no-head",
        "deberta_v2-base", "deberta_v2-classifier", "deberta_v2-every-distance", "deberta_v2-own-maps", "deberta_v2-plain",
        "modernbert-base", "modernbert-biases", "modernbert-layer-types", "modernbert-no-head",
        "t5-base", "t5-gated", "t5-gated-silu", "mt5-base",
    ];

    /// <summary>Families whose networks do not predict the next token.</summary>
    private static readonly string[] Encoders = ["bert", "roberta", "xlm-roberta", "camembert", "distilbert", "albert", "electra", "mpnet", "deberta-v2", "modernbert", "t5", "mt5"];

    /// <summary>The <c>model_type</c> of a variant, whose name has underscores for hyphens.</summary>
    public static string FamilyOf(string variant)
    {
        string name = variant.Split('-')[0];
        return Encoders.FirstOrDefault(family => family.Replace('-', '_') == name) ?? name;
    }

    public static bool IsEncoder(string variant) => Encoders.Contains(FamilyOf(variant));

    public static TheoryData<string> Decoders => new(VariantNames.Where(variant => !IsEncoder(variant)));

    public static TheoryData<string> Variants => new(VariantNames);

    public string Folder(string variant)
    {
        Needed.Require(_missing is null, _missing ?? "");
        return Path.Combine(_root, variant);
    }

    public Model Load(string variant) => Model.Load(Folder(variant));

    public SafetensorsFile Expected(string variant) => SafetensorsFile.Open(Path.Combine(Folder(variant), "expected.safetensors"));

    public IReadOnlyList<ReferenceRequest> Requests(string variant)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder(variant), "requests.json")));
        return json.RootElement.EnumerateArray()
            .Where(r => !r.TryGetProperty("positions", out _))
            .Select(r => new ReferenceRequest(r.GetProperty("name").GetString()!, Ids(r.GetProperty("tokens")), r.GetProperty("plan_text").GetString())
            {
                Types = r.TryGetProperty("types", out JsonElement types) ? Ids(types) : null,
            })
            .ToArray();
    }

    public (int[] Prompt, int[] Tokens) Generation(string variant)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder(variant), "generation.json")));
        return (Ids(json.RootElement.GetProperty("prompt")), Ids(json.RootElement.GetProperty("tokens")));
    }

    /// <summary>Float32 weights agree to 5e-5, bfloat16 weights to 1e-2.</summary>
    public static float Tolerance(string variant) => variant.EndsWith("bf16", StringComparison.Ordinal) ? 1e-2f : 5e-5f;

    public static void AssertClose(SafetensorsFile expected, string name, ReadOnlySpan<float> actual, float tolerance)
    {
        float[] wanted = expected.Read(CpuEngine.Default, name).ToArray();
        Assert.True(wanted.Length == actual.Length, $"{name}: {actual.Length} numbers, {wanted.Length} expected");
        for (int i = 0; i < wanted.Length; i++)
        {
            bool same = float.IsNegativeInfinity(wanted[i]) ? float.IsNegativeInfinity(actual[i]) : Math.Abs(wanted[i] - actual[i]) <= tolerance;
            if (!same) Assert.Fail($"{name}[{i}]: {actual[i]:R}, expected {wanted[i]:R} within {tolerance}");
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_root)) Directory.Delete(_root, recursive: true);
    }

    private static int[] Ids(JsonElement array) => array.EnumerateArray().Select(id => id.GetInt32()).ToArray();
}

/// <summary>One request of the suite.</summary>
public sealed record ReferenceRequest(string Name, int[] Tokens, string? Plan)
{
    public int[]? Types { get; init; }

    public TokenRows Rows => new(Name, [Tokens], Types is null ? null : [Types]);
}
