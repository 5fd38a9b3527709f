using Strata.Models;
using Strata.Tensors;

namespace Strata.Bench.Load;

/// <summary>A checkpoint of a Llama in bfloat16 with as many blocks as fill a size; one random table serves all of its matrices.</summary>
internal static class RandomLlama
{
    /// <summary>Name of the weights' file in its folder.</summary>
    public const string File = "model.safetensors";

    private const int Width = 2048, MlpWidth = 5632, Vocabulary = 32_000;

    /// <summary>Writes it.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="gigabytes">About how large.</param>
    public static void Write(string folder, double gigabytes)
    {
        long block = 2L * (4L * Width * Width + 3L * Width * MlpWidth), tables = 2L * 2 * Vocabulary * Width;
        int blocks = Math.Max(1, (int)Math.Round((gigabytes * 1e9 - tables) / block));
        System.IO.File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"model_type":"llama","num_hidden_layers":{{blocks}},"hidden_size":{{Width}},"intermediate_size":{{MlpWidth}},"num_attention_heads":16,"num_key_value_heads":16,
             "vocab_size":{{Vocabulary}},"max_position_embeddings":2048,"rms_norm_eps":1e-6,"rope_theta":10000.0,"hidden_act":"silu","tie_word_embeddings":false}
            """);
        SeededRandom random = new(1);
        float[] numbers = new float[Vocabulary * Width];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = (float)(random.NextDouble() - 0.5) * 0.04f;
        SafetensorsSource Source(string name, params int[] shape) => new(name, shape, DType.BFloat16, () => numbers.AsMemory(0, shape.Aggregate(1, (a, b) => a * b)));
        List<SafetensorsSource> tensors = [Source("model.embed_tokens.weight", Vocabulary, Width), Source("model.norm.weight", Width), Source("lm_head.weight", Vocabulary, Width)];
        for (int i = 0; i < blocks; i++)
        {
            string prefix = $"model.layers.{i}.";
            tensors.AddRange([Source(prefix + "input_layernorm.weight", Width), Source(prefix + "post_attention_layernorm.weight", Width)]);
            tensors.AddRange(new[] { "q", "k", "v", "o" }.Select(map => Source($"{prefix}self_attn.{map}_proj.weight", Width, Width)));
            tensors.AddRange([Source(prefix + "mlp.gate_proj.weight", MlpWidth, Width), Source(prefix + "mlp.up_proj.weight", MlpWidth, Width), Source(prefix + "mlp.down_proj.weight", Width, MlpWidth)]);
        }

        SafetensorsWriter.Write(Path.Combine(folder, File), tensors);
    }
}
