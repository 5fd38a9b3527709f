using Strata.Tensors;

namespace Strata.Models;

/// <summary>How texts become vectors.</summary>
public sealed record SentenceRequest
{
    /// <summary>Name of the prompt that stands before each text (<see cref="SentencePipeline.Prompts"/>); null for the folder's default, empty for none.</summary>
    public string? Prompt { get; init; }

    /// <summary>The order of the blocks; null for all in order.</summary>
    public LayerPlan? Plan { get; init; }

    /// <summary>Changes during the forward pass.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = [];

    /// <summary>Tokens that run together. Changes speed and memory, not results.</summary>
    public int TokensPerBatch { get; init; } = 2048;

    /// <summary>Told after each batch.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }
}

/// <summary>
/// The way from a text to one vector, as a sentence-transformers folder describes it: tokens, the network, pooling, and what changes the pooled vector.
/// <see cref="Model.EmbedTexts"/> goes it.
/// </summary>
public sealed class SentencePipeline
{
    internal SentencePipeline(IReadOnlyList<SentenceModule> modules, int width, int maxTokens, bool lowers, IReadOnlyDictionary<string, string> prompts, string? defaultPrompt)
    {
        Modules = modules;
        Width = width;
        MaxTokens = maxTokens;
        LowersText = lowers;
        Prompts = prompts;
        DefaultPrompt = defaultPrompt;
    }

    /// <summary>What stands behind the network, in order.</summary>
    public IReadOnlyList<SentenceModule> Modules { get; }

    /// <summary>Length of a vector.</summary>
    public int Width { get; }

    /// <summary>Longer texts are cut to this many tokens, those around the text included.</summary>
    public int MaxTokens { get; }

    /// <summary>Is a text written in lower case before the tokenizer sees it?</summary>
    public bool LowersText { get; }

    /// <summary>What may stand before a text, by name: queries and passages may be told apart so.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; }

    /// <summary>The prompt that is used where none is named; null for none.</summary>
    public string? DefaultPrompt { get; }

    /// <summary>The modules.</summary>
    public override string ToString() => $"Transformer, {string.Join(", ", Modules.Select(module => module switch
    {
        PoolingModule pooling => $"Pooling {string.Join(" + ", pooling.Ways)}",
        DenseModule dense => $"Dense {dense.Inputs} to {dense.Outputs}{(dense.Activation is { } activation ? $" with {activation}" : "")}",
        _ => "Normalize",
    }))}: {Width} columns, at most {MaxTokens} tokens";

    /// <summary>Vectors of texts, [texts, width].</summary>
    internal FloatMatrix Embed(Model model, Tokenizer tokenizer, IReadOnlyList<string> texts, SentenceRequest request, CancellationToken cancellation)
    {
        if (texts.Count == 0) return new FloatMatrix([], 0, Width);
        string prompt = PromptOf(request.Prompt);
        int promptTokens = prompt.Length == 0 ? 0 : PromptTokens(tokenizer, prompt);
        LayerPlan plan = model.CheckPlan(request.Plan);
        TokenRows rows = new("texts", [.. texts.Select(text => Tokens(tokenizer, prompt + text))]);
        List<float> vectors = new(texts.Count * Width);
        int done = 0;
        foreach ((_, TokenBatch batch) in rows.Batches(request.TokensPerBatch))
        {
            using TensorScope scope = model.Engine.OpenScope();
            BatchRun run = new(model, batch, plan, request.Interventions);
            Tensor last = run.FinalNorm(scope, run.Run(scope, plan, cancellation));
            vectors.AddRange(Finish(scope, last.ToArray(), batch, model.Spec.Width, promptTokens));
            request.Progress?.Report(new WorkProgress("Embedding texts", done += batch.Sequences, texts.Count, "texts"));
        }

        return new FloatMatrix([.. vectors], texts.Count, Width);
    }

    /// <summary>The ids of a text, cut to the longest sequence: those that the tokenizer sets around a text stay.</summary>
    internal int[] Tokens(Tokenizer tokenizer, string text)
    {
        TokenIds ids = Encode(tokenizer, text);
        int surplus = ids.Ids.Length - MaxTokens;
        if (surplus <= 0) return ids.Ids.Length > 0 ? ids.Ids : throw new StrataException("A text without a character has no tokens with this tokenizer, and so no vector; leave it out.");
        int lastKept = ids.Sequences.Count(sequence => sequence == 0) - surplus, seen = 0;
        return [.. ids.Ids.Where((_, i) => ids.Sequences[i] != 0 || seen++ < lastKept)];
    }

    private string PromptOf(string? name)
    {
        name ??= DefaultPrompt;
        if (string.IsNullOrEmpty(name)) return "";
        if (Prompts.TryGetValue(name, out string? prompt)) return prompt;
        throw new StrataException(Prompts.Count == 0 ? $"\"{name}\" is no prompt: this folder has none. Write what is to stand before a text into the text." : $"\"{name}\" is no prompt of this folder. {NearestNames.Suggest(name, Prompts.Keys)}");
    }

    /// <summary>Tokens of a prompt with what the tokenizer sets before it.</summary>
    private int PromptTokens(Tokenizer tokenizer, string prompt)
    {
        TokenIds ids = Encode(tokenizer, prompt);
        return ids.Ids.Length - (ids.Ids.Length > 0 && ids.Sequences[^1] == -1 ? 1 : 0);
    }

    private TokenIds Encode(Tokenizer tokenizer, string text) => tokenizer.Encode(LowersText ? text.Trim().ToLowerInvariant() : text.Trim());

    private float[] Finish(TensorScope scope, ReadOnlySpan<float> tokens, TokenBatch batch, int width, int promptTokens)
    {
        PoolingModule pooling = (PoolingModule)Modules[0];
        int columns = width * pooling.Ways.Count;
        float[] pooled = new float[batch.Sequences * columns];
        for (int s = 0; s < batch.Sequences; s++)
            pooling.Pool(tokens.Slice(batch.Starts[s] * width, batch.Length(s) * width), width, promptTokens, pooled.AsSpan(s * columns, columns));
        Tensor vectors = scope.FromHost(pooled, batch.Sequences, columns);
        foreach (SentenceModule module in Modules.Skip(1))
        {
            if (module is not DenseModule dense) vectors = Normalised(scope, vectors);
            else if (dense.Activation is { } activation) vectors = scope.Activate(scope.Linear(vectors, dense.Weight), activation);
            else vectors = scope.Linear(vectors, dense.Weight);
        }

        return vectors.ToArray();
    }

    private static Tensor Normalised(TensorScope scope, Tensor vectors)
    {
        float[] values = vectors.ToArray();
        int columns = vectors.Shape.Columns;
        for (int at = 0; at < values.Length; at += columns)
        {
            Span<float> row = values.AsSpan(at, columns);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, Math.Max(System.Numerics.Tensors.TensorPrimitives.Norm<float>(row), 1e-12f), row);
        }

        return scope.FromHost(values, vectors.Shape.ToArray());
    }
}
