using System.Security.Cryptography;
using System.Text;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>How to load a network.</summary>
public sealed record ModelOptions
{
    /// <summary>The engine that computes; the built-in CPU engine by default.</summary>
    public TensorEngine? Engine { get; init; }

    /// <summary>
    /// Format in which linear maps stay in memory; null keeps the checkpoint's own. <see cref="DType.Int8"/> keeps them in a quarter of float32's memory, rounded
    /// (<see cref="Model.StorageErrors"/> says how far off that is); embeddings, norms and the routers of experts stay as they are.
    /// </summary>
    public DType? Storage { get; init; }

    /// <summary>
    /// Bytes of memory that the weights may take. Blocks beyond it are read from the checkpoint each time they run: results are the same to the last bit, and time is that of reading the
    /// file once per batch where that is longer than computing. Null keeps all weights in memory where it has room for them, and otherwise takes half of it.
    /// </summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Of a pair of networks in one checkpoint (CLIP, SigLIP), which one, where the name of the folder does not say it (<c>FOLDER#image</c>); null for other checkpoints.</summary>
    public Tower? Tower { get; init; }

    /// <summary>Told after each block, and during a download.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }

    /// <summary>Told what will be downloaded before it is; on standard error by default.</summary>
    public Action<string> Announce { get; init; } = Console.Error.WriteLine;
}

/// <summary>A trained (or random) network with its tokenizer: capture what its blocks represent, run it along other plans, let it write.</summary>
/// <remarks>Thread-safe: a model never changes after loading. Weights are the checkpoint's own, unfolded and uncentred.</remarks>
public sealed class Model
{
    private readonly Lazy<string> _hash;
    private readonly ModelSource _source;
    private string _lackOfTokenizer = "";

    private Model(string name, ModelSpec spec, TensorEngine engine, ModelWeights weights, Tokenizer? tokenizer, Lazy<string> hash, long? seed, ModelSource source)
    {
        _source = source;
        Name = name;
        Spec = spec;
        Engine = engine;
        Weights = weights;
        Tokenizer = tokenizer;
        Seed = seed;
        _hash = hash;
        Plans = new LayerPlans(spec.Blocks);
    }

    /// <summary>The folder as the user named it, or what a random network is.</summary>
    public string Name { get; }

    /// <summary>The architecture.</summary>
    public ModelSpec Spec { get; }

    /// <summary>The engine that computes.</summary>
    public TensorEngine Engine { get; }

    /// <summary>Text to ids and back; null when the checkpoint has none.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>From images to what the network reads; null for a network of texts, and where the checkpoint has no <c>preprocessor_config.json</c>.</summary>
    public ImagePreprocessor? Preprocessor { get; private init; }
    /// <summary>How texts become vectors, where the folder is one of sentence-transformers; null for others.</summary>
    public SentencePipeline? Sentences { get; private set; }

    /// <summary>Seed of random weights; null for a checkpoint.</summary>
    public long? Seed { get; }

    /// <summary>The commit of a model of the hub; null for a folder of one's own and for random weights.</summary>
    public string? Commit { get; private init; }

    /// <summary>Builders of layer plans for this depth: <c>model.Plans.Skip(4..8)</c>.</summary>
    public LayerPlans Plans { get; }

    /// <summary>SHA-256 of the checkpoint's files, or of architecture and seed for random weights.</summary>
    public string Hash => _hash.Value;

    /// <summary>Bytes of the weights that are in memory now.</summary>
    public long WeightBytes => Weights.Bytes;

    /// <summary>What every result of this model says of it.</summary>
    public Provenance Provenance => new() { Model = $"{Name} ({Spec.Family}){(Commit is null ? "" : $", commit {Commit}")}", ModelHash = Hash, Engine = Engine.Name, Seed = Seed, Settings = StorageSetting() };

    /// <summary>Format of the linear maps in memory where it was chosen; null for the checkpoint's own.</summary>
    public DType? Storage { get; private init; }

    /// <summary>Bytes of memory that the weights may take; null where there is no limit. See <see cref="ModelOptions.MemoryLimit"/>.</summary>
    public long? MemoryLimit { get; private init; }

    internal ModelWeights Weights { get; }

    /// <summary>Loads a Hugging Face folder: <c>config.json</c>, <c>*.safetensors</c>, a tokenizer (see <see cref="Tokenizer.LoadFolder"/>).</summary>
    /// <param name="folder">The folder, or a model of the hub (<c>hf:org/name@revision</c>, see <see cref="HubReference"/>), which is downloaded first where it is not in the cache; of a pair of networks (CLIP, SigLIP) with <c>#image</c> or <c>#text</c> behind it.</param>
    /// <param name="options">Engine, storage format, progress.</param>
    /// <param name="cancellation">Stops a download, and the loading between blocks.</param>
    /// <exception cref="HubException">The model is not on the hub, or was not reached.</exception>
    /// <exception cref="InvalidFileException">A file is missing or invalid, the family is unknown, a weight is missing or has another shape, or the tokenizer does not fit the vocabulary.</exception>
    public static Model Load(string folder, ModelOptions? options = null, CancellationToken cancellation = default)
    {
        (string place, Tower? named) = TowerName.Split(folder);
        options = (options ?? new ModelOptions()) with { Tower = named ?? options?.Tower };
        return HubReference.IsOne(place) ? LoadFromHub(folder, place, options, cancellation) : LoadFolder(folder, place, null, options, cancellation);
    }

    /// <summary>A network with random weights, initialised as its family does it.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="seed">Equal seeds give equal weights.</param>
    /// <param name="options">Engine, storage format, progress.</param>
    public static Model Random(ModelSpec spec, long seed, ModelOptions? options = null) => Random($"random {spec.Family}", spec, seed, null, null, options);

    /// <summary>A network of this architecture with random weights and this tokenizer: the control for anything measured on the trained one.</summary>
    public Model RandomTwin(long seed)
    {
        Model twin = Random($"random twin of {Name}", Spec, seed, Tokenizer, _source, new ModelOptions { Engine = Engine, MemoryLimit = MemoryLimit }, Preprocessor);
        twin.Sentences = Sentences;
        return twin;
    }

    /// <summary>Ids of a text with the checkpoint's own BOS policy; the result shows which.</summary>
    /// <exception cref="StrataException">The model has no tokenizer.</exception>
    public TokenIds Tokenize(string text) => RequireTokenizer().Encode(text);

    /// <summary>Text of ids.</summary>
    /// <exception cref="StrataException">The model has no tokenizer.</exception>
    public string Decode(ReadOnlySpan<int> ids) => RequireTokenizer().Decode(ids);

    /// <summary>An id's token as a label: the tokenizer's own string, or the number where there is no tokenizer; of an image, <c>cls</c> or row and column of a patch.</summary>
    public string TokenLabel(int id) => Spec.Image is ImageSpec image ? image.Label(id) : Tokenizer is null ? id.ToString() : Tokenizer.Label(id);

    /// <summary>Images through the checkpoint's preprocessing, one row each.</summary>
    /// <param name="name">What they are, for provenance.</param>
    /// <param name="images">At least one.</param>
    /// <exception cref="StrataException">The network reads no images, its checkpoint does not say how they are prepared, or there is no image.</exception>
    public TokenRows ReadImages(string name, IReadOnlyList<PixelImage> images) => new(name, RequireImages(), [.. images.Select(RequirePreprocessor().Apply)]);

    /// <summary>Image files (PNG, JPEG) through the checkpoint's preprocessing, one row each; one is in memory in full size at a time.</summary>
    /// <param name="name">What they are, for provenance.</param>
    /// <param name="paths">At least one.</param>
    /// <exception cref="InvalidFileException">A file is not an image that is read.</exception>
    /// <exception cref="StrataException">The network reads no images, its checkpoint does not say how they are prepared, or there is no image.</exception>
    public TokenRows ReadImages(string name, IReadOnlyList<string> paths) => new(name, RequireImages(), [.. paths.Select(path => RequirePreprocessor().Apply(PixelImage.Load(path)))]);

    /// <summary>Where the patch of an id lies in its image; null for other tokens.</summary>
    /// <exception cref="StrataException">The network reads no images.</exception>
    public PatchPlace? PatchOf(int id) => RequireImages().PlaceOf(id);

    /// <summary>Checks and sizes a capture without running it.</summary>
    /// <exception cref="StrataException">A point, the plan or an id does not exist, or a row is longer than the network's positions.</exception>
    public CaptureRun PlanCapture(TokenRows rows, CaptureRequest request) => new(this, rows, request);

    /// <summary>Runs data through the network and keeps chosen hook points; see <see cref="PlanCapture"/>.</summary>
    public Activations Capture(TokenRows rows, CaptureRequest request, CancellationToken cancellation = default) => PlanCapture(rows, request).Run(cancellation);

    /// <summary>Keeps chosen hook points, all positions, all blocks in order.</summary>
    public Activations Capture(TokenRows rows, params string[] points) => Capture(rows, new CaptureRequest { Points = points });

    /// <summary>
    /// Reads residual streams as the last block's would be read: final norm (its statistics recomputed for each row), then unembedding; in a network of images its classifier, and where that reads
    /// several tokens, as if all of them were the row.
    /// </summary>
    /// <param name="streams">[rows, width].</param>
    /// <returns>Logits [rows, vocabulary], or [rows, classes].</returns>
    /// <exception cref="StrataException">The rows are not as wide as the residual stream, or the network has no scores over the vocabulary.</exception>
    public FloatMatrix Unembed(FloatMatrix streams)
    {
        if (streams.Columns != Spec.Width) throw new StrataException($"Rows of {streams.Columns} numbers were given; the residual stream of {Name} is {Spec.Width} wide.");
        using TensorScope scope = Engine.OpenScope();
        Tensor rows = scope.FromHost(streams.Values, streams.Rows, streams.Columns);
        Tensor normalized = Spec.FinalNorm ? scope.Norm(rows, Weights.FinalNorm, Spec) : rows;
        if (Spec.Image is not null) return new FloatMatrix(Readout.ClassesOfRows(scope, normalized, this).ToArray(), streams.Rows, Spec.SequenceHead!.Labels!.Count);
        return new FloatMatrix(Unembedding.Logits(scope, Unembedding.Plain(scope, normalized, this), this).ToArray(), streams.Rows, Spec.Vocabulary);
    }

    /// <summary>Scores of parts of a stream, the final norm dividing by the scale of the whole stream: with the constant they add up to the stream's logits, before a cap on these where the network has one.</summary>
    /// <param name="parts">[parts, width]; they should add up to the stream.</param>
    /// <param name="stream">The whole stream of one position.</param>
    /// <returns>[parts, vocabulary], and what biases of norm and unembedding add, [vocabulary].</returns>
    /// <exception cref="StrataException">The widths are not the stream's, or the network's head is not linear.</exception>
    public (FloatMatrix Scores, float[] Constant) UnembedParts(FloatMatrix parts, ReadOnlySpan<float> stream) => LinearUnembedding.Of(this, parts, stream);

    /// <summary>One vector per text, as the folder's modules make it (sentence-transformers): pooled tokens, mapped and normalised where they say so.</summary>
    /// <param name="texts">The texts; each at least one token long.</param>
    /// <param name="request">Prompt, plan, interventions.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>[texts, <see cref="SentencePipeline.Width"/>].</returns>
    /// <exception cref="StrataException">The folder says nothing of sentences, the model has no tokenizer, or the prompt, the plan or an intervention does not fit.</exception>
    public FloatMatrix EmbedTexts(IReadOnlyList<string> texts, SentenceRequest? request = null, CancellationToken cancellation = default)
    {
        if (Sentences is null) throw new StrataException($"{Name} has no modules.json, so nothing says how its tokens become one vector. Load a sentence-transformers folder, or capture the last stream with Pooling.Mean.");
        return Sentences.Embed(this, RequireTokenizer(), texts, request ?? new SentenceRequest(), cancellation);
    }

    /// <summary>Sorts sequences into the classes of a classifier (<c>BertForSequenceClassification</c>): scores before the softmax, named by <see cref="SequenceHead.Labels"/>.</summary>
    /// <param name="rows">The sequences.</param>
    /// <param name="plan">The order of the blocks; all in order by default.</param>
    /// <param name="interventions">Changes on the way.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <returns>[rows, classes].</returns>
    /// <exception cref="StrataException">The network is no classifier, or the plan or an intervention does not fit.</exception>
    public FloatMatrix Classify(TokenRows rows, LayerPlan? plan = null, IReadOnlyList<Intervention>? interventions = null, CancellationToken cancellation = default)
    {
        RequireClasses("A classification");
        CaptureRequest request = new() { Points = ["class_logits"], Plan = plan, Interventions = interventions ?? [], Announce = _ => { } };
        return Capture(rows, request, cancellation).Rows("class_logits");
    }

    /// <summary>Continues prompts under a plan and interventions.</summary>
    /// <exception cref="StrataException">The network does not predict the next token, the plan or an intervention does not fit, or prompt and new tokens exceed the positions.</exception>
    public Generation Generate(TokenRows prompts, GenerationRequest request, CancellationToken cancellation = default) => new Generator(this, prompts, request).Run(cancellation);

    /// <summary>
    /// Writes the network as a Hugging Face folder, its blocks along a plan (dropped, repeated, in another order), in the number formats of its source: <c>config.json</c>,
    /// safetensors, the tokenizer's files, and <c>strata-recipe.json</c> of what was done. The folder is written beside its place and renamed.
    /// </summary>
    /// <param name="folder">A folder that does not exist yet, or is empty.</param>
    /// <param name="plan">The order of the blocks; all in order by default.</param>
    /// <param name="options">Blocks to merge, size of files, progress.</param>
    /// <param name="cancellation">Stops between tensors; nothing is left behind.</param>
    /// <returns>What was saved where.</returns>
    /// <exception cref="StrataException">The plan runs blocks in parallel or by halves, the blocks to merge are not alike, or the family's configuration cannot say what the new blocks are.</exception>
    /// <exception cref="InvalidFileException">The folder has something in it or cannot be written.</exception>
    public SavedModel Save(string folder, LayerPlan? plan = null, SaveOptions? options = null, CancellationToken cancellation = default) =>
        new ModelSaver(this, _source, plan, options ?? new SaveOptions()).Write(folder, cancellation);

    /// <summary>
    /// What it costs that the linear maps are kept in another format than the checkpoint's: the error of each weight, and of the stream behind each block on given data. The network is
    /// loaded once more in its own format, and so needs that much memory beside.
    /// </summary>
    /// <param name="rows">The data that both run on.</param>
    /// <param name="cancellation">Stops between blocks and batches.</param>
    /// <exception cref="StrataException">No format was chosen when the network was loaded, or a row does not fit it.</exception>
    public StorageErrors StorageErrors(TokenRows rows, CancellationToken cancellation = default)
    {
        if (Storage is null) throw new StrataException($"{Name} is in its checkpoint's own format. Load it with ModelOptions.Storage (or --storage) and compare that.");
        WeightMap map = ModelFamily.Of(Spec).Map(Spec, _source.Has);
        WeightMemory memory = new(_source, Engine, null, MemoryLimit);
        Model exact = new(Name, Spec, Engine, ModelWeights.Load(Spec, map, memory, null, cancellation), Tokenizer, _hash, Seed, _source);
        return Models.StorageErrors.Measure(this, exact, map, _source.Reader(Engine), rows, cancellation);
    }

    /// <summary>The hook points in execution order with their shapes, and what this model cannot do.</summary>
    public ModelExplanation Explain() => new(this);

    /// <summary>A plan for this depth; the identity for null.</summary>
    /// <exception cref="StrataException">The plan is for another depth, or runs half of a block that has only the other.</exception>
    public LayerPlan CheckPlan(LayerPlan? plan)
    {
        if (plan is not null && plan.Blocks != Spec.Blocks)
            throw new StrataException($"The plan \"{plan}\" is for a network of {plan.Blocks} blocks; {Name} has {Spec.Blocks}.");
        foreach (PlanStep execution in plan?.Executions ?? []) Spec.CheckHalf(execution);
        return plan ?? Plans.Identity();
    }

    /// <summary>Refuses ids outside the vocabulary and sequences longer than the positions.</summary>
    /// <param name="ids">Ids of one sequence.</param>
    /// <param name="length">Length of the sequence, cached tokens included.</param>
    /// <exception cref="StrataException">An id or the length is out of range.</exception>
    public void CheckIds(ReadOnlySpan<int> ids, int length)
    {
        if (Spec.Image is not null) return;
        if (length > Spec.MaxPositions) throw new StrataException($"A sequence of {length} tokens is longer than the {Spec.MaxPositions} positions of {Name}; shorten it.");
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)Spec.Vocabulary)
                throw new StrataException($"Token id {ids[i]} at position {length - ids.Length + i} is outside the vocabulary of {Name}, 0 to {Spec.Vocabulary - 1}.");
        }
    }

    /// <summary>Refuses rows that the network does not read: texts where it reads images and the other way round, ids outside the vocabulary, sequences longer than the positions.</summary>
    /// <exception cref="StrataException">A row does not fit.</exception>
    public void CheckRows(TokenRows rows)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            CheckKind(rows.Images?[row], rows.Sequences[row]);
            CheckIds(rows.Sequences[row], rows.Sequences[row].Length);
        }
    }

    /// <summary>Refuses texts where the network reads images, images where it reads texts, and images that were cut into other patches.</summary>
    internal void CheckKind(ImagePixels? given, ReadOnlySpan<int> ids)
    {
        if (Spec.Image is null != given is null)
            throw new StrataException(Spec.Image is null ? $"{Name} ({Spec.Family}) reads texts, and images were given." : $"{Name} ({Spec.Family}) reads images, and texts or ids were given; model.ReadImages makes rows of image files.");
        if (Spec.Image is ImageSpec image && !ids.SequenceEqual(image.Tokens(given!.Height, given.Width)))
            throw new StrataException($"The images were made into rows for another network than {Name}: their patches differ.");
    }

    /// <summary>Refuses types that the network's table does not have; where it has no table, all must be 0.</summary>
    internal void CheckTypes(ReadOnlySpan<int> types)
    {
        int position = types.IndexOfAnyExceptInRange(0, Math.Max(1, Spec.TokenTypes) - 1);
        if (position >= 0)
            throw new StrataException($"The token type {types[position]} at position {position} does not exist: {Name} has {(Spec.TokenTypes == 0 ? "no token types; give 0" : $"the types 0 to {Spec.TokenTypes - 1}")}.");
    }

    /// <summary>Refuses what needs a network that predicts the next token.</summary>
    /// <param name="what">What was asked for, as the beginning of a sentence.</param>
    /// <exception cref="StrataException">The network sees the tokens that it would predict, or has no scores over the vocabulary.</exception>
    public void RequireNextToken(string what)
    {
        if (Spec.Causal && Spec.HasUnembedding) return;
        string why = Spec.Image is not null ? "reads images" : Spec.Causal ? "has no scores over the vocabulary" : "is an encoder, whose tokens see those behind them";
        throw new StrataException($"{what} needs a network that predicts the next token, and {Name} ({Spec.Family}) {why}. "
            + $"Use a decoder (GPT-2, Llama), or {(Spec.HasUnembedding ? "capture \"logits\", the scores of each token in its place" : "capture its streams")}, and probes and comparisons of these.");
    }

    /// <summary>Refuses what needs scores of classes.</summary>
    /// <param name="what">What was asked for, as the beginning of a sentence.</param>
    /// <exception cref="StrataException">The network has no classifier.</exception>
    public void RequireClasses(string what)
    {
        if (Spec.SequenceHead?.Labels is null) throw new StrataException($"{what} needs a network with a classifier, and {Name} ({Spec.Family}) has no classes: its checkpoint holds no classifier of sequences. Load one that does (BertForSequenceClassification, ViTForImageClassification), or capture its streams and fit a probe to them.");
    }

    /// <summary>What a column of <see cref="Unembed"/> stands for: a token of the vocabulary, or a class of a network of images.</summary>
    public string OutputLabel(int column) => Spec.Image is not null && Spec.SequenceHead?.Labels is { } labels ? labels[column] : TokenLabel(column);

    /// <summary>A number that stands in the checkpoint beside the network; null where there is none.</summary>
    internal float? Number(string name) => _source.Number(name);

    /// <summary>Name, family and size.</summary>
    public override string ToString() => $"{Name}: {Spec.Family}, {Spec.Blocks} blocks of width {Spec.Width}";

    private Tokenizer RequireTokenizer() => Tokenizer ?? throw new StrataException($"{Name} has no tokenizer; give token ids instead of text.{(_lackOfTokenizer.Length > 0 ? " " + _lackOfTokenizer : "")}");

    private ImageSpec RequireImages() => Spec.Image ?? throw new StrataException($"{Name} ({Spec.Family}) reads texts, not images.");

    private ImagePreprocessor RequirePreprocessor() => Preprocessor
        ?? throw new StrataException($"{Name} has no {ImagePreprocessor.FileName}, so how its images are prepared is not known. Put the checkpoint's own beside its config.json, or make an ImagePreprocessor, and rows with new TokenRows(name, model.Spec.Image, pixels).");

    private SortedDictionary<string, string> StorageSetting() =>
        Storage is DType storage ? new(StringComparer.Ordinal) { ["storage"] = StorageFormat.WordOf(storage) } : new(StringComparer.Ordinal);

    private static Model LoadFromHub(string name, string place, ModelOptions options, CancellationToken cancellation)
    {
        using HubClient hub = new();
        HubSnapshot snapshot = hub.Fetch(HubReference.Parse(place), null, options.Announce, options.Progress, cancellation);
        return LoadFolder(name, snapshot.Reference.File is null ? snapshot.Folder : snapshot.Files[0], snapshot.Commit, options, cancellation);
    }

    private static Model LoadFolder(string name, string folder, string? commit, ModelOptions options, CancellationToken cancellation)
    {
        TensorEngine engine = options.Engine ?? CpuEngine.Default;
        Checkpoint checkpoint = Checkpoint.Open(SentenceModules.NetworkFolder(folder));
        ModelFamily family = ModelFamily.Of(checkpoint.Config, options.Tower);
        ModelSpec spec = family.WithHeads(family.ReadSpec(checkpoint.Config), checkpoint.Has);
        WeightMap map = MapOf(family, spec, checkpoint);
        CheckWeights(checkpoint, map);
        (Tokenizer? tokenizer, string lack) = spec.Image is null ? checkpoint.ReadTokenizer() : (null, "reads images");
        if (tokenizer is not null && tokenizer.VocabularySize > spec.Vocabulary)
            throw new InvalidFileException(checkpoint.Folder, $"has a tokenizer with the id {tokenizer.VocabularySize - 1} ({tokenizer.Token(tokenizer.VocabularySize - 1)}), and the network's vocabulary ends at {spec.Vocabulary - 1}. The tokenizer belongs to another network.");
        CheckpointSource source = new(checkpoint);
        WeightMemory memory = WeightMemory.Of(source, engine, map, options);
        ModelWeights weights = ModelWeights.Load(spec, map, memory, options.Progress, cancellation);
        checkpoint.ReleasePages();
        Model model = new(name, spec, engine, weights, tokenizer, new Lazy<string>(() => checkpoint.ContentHash), null, source)
        {
            Commit = commit,
            Storage = options.Storage,
            MemoryLimit = memory.Limit,
            Preprocessor = spec.Image is null ? null : ImagePreprocessor.LoadFolder(checkpoint.Folder),
            _lackOfTokenizer = lack,
        };
        model.Sentences = spec.Image is null ? SentenceModules.Read(folder, model, tokenizer?.MaxLength) : null;
        return model;
    }

    private static Model Random(string name, ModelSpec spec, long seed, Tokenizer? tokenizer, ModelSource? original, ModelOptions? options, ImagePreprocessor? preprocessor = null)
    {
        options ??= new ModelOptions();
        TensorEngine engine = options.Engine ?? CpuEngine.Default;
        ModelFamily family = ModelFamily.Of(spec);
        RandomSource source = new(family, spec, seed, engine, original);
        WeightMap map = family.Map(spec, _ => false);
        WeightMemory memory = WeightMemory.Of(source, engine, map, options);
        ModelWeights weights = ModelWeights.Load(spec, map, memory, options.Progress, CancellationToken.None);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{spec} {seed}")));
        return new Model(name, spec, engine, weights, tokenizer, new Lazy<string>(hash), seed, source) { Storage = options.Storage, MemoryLimit = memory.Limit, Preprocessor = preprocessor };
    }

    private static WeightMap MapOf(ModelFamily family, ModelSpec spec, Checkpoint checkpoint)
    {
        try
        {
            return family.Map(spec, checkpoint.Has);
        }
        catch (ArgumentException e)
        {
            throw new InvalidFileException(checkpoint.Config.Path, $"asks for a weight that no tensor can hold. {e.Message}", e);
        }
    }

    private static void CheckWeights(Checkpoint checkpoint, WeightMap map)
    {
        string[] missing = map.Entries.Where(entry => !checkpoint.Has(entry.Name)).Select(entry => entry.Name).ToArray();
        if (missing.Length > 0)
            throw new InvalidFileException(checkpoint.Folder, $"lacks {missing.Length} weights that its config.json asks for: {string.Join(", ", missing.Take(5))}{(missing.Length > 5 ? ", ..." : "")}. {NearestNames.Suggest(missing[0], checkpoint.Names)}");
        foreach (WeightEntry entry in map.Entries)
        {
            long[] shape = checkpoint.Entry(entry.Name).Shape;
            if (!entry.Shape.ToArray().Select(length => (long)length).SequenceEqual(shape))
                throw new InvalidFileException(checkpoint.Folder, $"\"{entry.Name}\" has shape [{string.Join(", ", shape)}]; config.json asks for {entry.Shape}.");
        }
    }
}
