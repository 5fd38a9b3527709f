namespace Strata.Models;

/// <summary>
/// A family of networks: how its <c>config.json</c> becomes a <see cref="ModelSpec"/> and where its weights lie. Nothing else differs between families.
/// </summary>
public abstract class ModelFamily
{
    /// <summary>All families that Strata reads.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new Gpt2Family(), new GptNeoFamily(), new GptJFamily(), new GptNeoXFamily(), new OptFamily(), new BloomFamily(), new FalconFamily(),
        new LlamaFamily(), new MistralFamily(), new MixtralFamily(), new Qwen2Family(), new Qwen2MoeFamily(), new Qwen3Family(), new Qwen3MoeFamily(),
        new GemmaFamily(), new Gemma2Family(), new Gemma3Family("gemma3_text"), new Gemma3Family("gemma3"), new PhiFamily(), new Phi3Family(),
        new OlmoFamily(), new Olmo2Family(), new OlmoeFamily(), new StableLmFamily(), new SmolLm3Family(), new GraniteFamily(),
        new MambaFamily(), new Mamba2Family(), new MambaSsmFamily(), new JambaFamily(), new NemotronHFamily(),
        new BertFamily(), new RobertaFamily("roberta"), new RobertaFamily("xlm-roberta"), new RobertaFamily("camembert"), new DistilBertFamily(), new AlbertFamily(), new ElectraFamily(),
        new MpNetFamily(), new DebertaFamily(), new ModernBertFamily(), new T5Family("t5"), new T5Family("mt5"),
        new VitFamily("vit"), new VitFamily("deit"), new Dinov2Family("dinov2"), new Dinov2Family("dinov2_with_registers"),
        new ClipVisionFamily(), new ClipTextFamily(), new SiglipVisionFamily(), new SiglipTextFamily(),
    ];

    /// <summary>Pairs of networks in one checkpoint, by their <c>model_type</c>, with the families of their towers.</summary>
    private static readonly Dictionary<string, (string Image, string Text)> Pairs = new()
    {
        ["clip"] = ("clip_vision_model", "clip_text_model"),
        ["siglip"] = ("siglip_vision_model", "siglip_text_model"),
    };

    /// <summary>The <c>model_type</c> of the family.</summary>
    public abstract string Name { get; }

    /// <summary>Published networks of the family, for people.</summary>
    public abstract string Networks { get; }

    /// <summary>Reads the architecture.</summary>
    /// <exception cref="InvalidFileException">A value is missing, out of range or asks for what Strata does not compute.</exception>
    public abstract ModelSpec ReadSpec(ConfigReader config);

    /// <summary>Names and shapes of the weights.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="has">Does the checkpoint have a tensor of this name? Some exports drop a prefix.</param>
    public abstract WeightMap Map(ModelSpec spec, Func<string, bool> has);

    /// <summary>The architecture with the heads that a checkpoint has: encoders are published with one, another or none, and their weights say so more reliably than config.json.</summary>
    /// <param name="spec">The architecture of the configuration.</param>
    /// <param name="has">Does the checkpoint have a tensor of this name?</param>
    public virtual ModelSpec WithHeads(ModelSpec spec, Func<string, bool> has) => spec;

    /// <summary>Standard deviation at which the family initialises a weight that starts normally distributed.</summary>
    public virtual float InitialDeviation(ModelSpec spec, WeightRole role) => spec.InitializerRange;

    /// <summary>Standard deviation at which the family initialises a weight, where its role does not tell it.</summary>
    public virtual float InitialDeviation(ModelSpec spec, WeightEntry entry) => InitialDeviation(spec, entry.Role);

    /// <summary>The family initialises a weight that starts uniform within ± this.</summary>
    /// <param name="spec">The architecture.</param>
    /// <param name="role">What the weight is for.</param>
    /// <param name="inputs">Inputs of one output.</param>
    public virtual float InitialBound(ModelSpec spec, WeightRole role, int inputs) => 1 / MathF.Sqrt(inputs);

    /// <summary>The family of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="tower">Of a pair of networks, which one; null for a checkpoint of one network.</param>
    /// <exception cref="InvalidFileException">Strata has no family of that name, or the checkpoint is a pair and no tower is named, or the other way round.</exception>
    public static ModelFamily Of(ConfigReader config, Tower? tower = null)
    {
        string name = !config.Has("model_type") && MambaSsmFamily.Recognises(config) ? MambaSsmFamily.Unnamed : config.RequiredString("model_type");
        if (Pairs.TryGetValue(name, out (string Image, string Text) pair))
        {
            if (tower is null) throw new InvalidFileException(config.Path, $"is of a pair of networks ({name}), one for images and one for texts. Say which, with #image or #text behind the folder's name; ImageTextPair.Load gives both.");
            name = tower == Tower.Image ? pair.Image : pair.Text;
        }
        else if (tower is not null && TowerOf(name) != tower) throw new InvalidFileException(config.Path, $"is of the one network {Excerpt.Quote(name)}, which has no tower of {(tower == Tower.Image ? "images" : "texts")}; leave #image and #text out.");

        return All.FirstOrDefault(family => family.Name == name)
            ?? throw new InvalidFileException(config.Path, $"model_type {Excerpt.Quote(name)} is not a family that Strata reads. {Excerpt.Nearest(name, All.Select(f => f.Name))}");
    }

    /// <summary>Is this the <c>model_type</c> of a pair of networks?</summary>
    internal static bool IsPair(string? name) => name is not null && Pairs.ContainsKey(name);

    /// <summary>Which tower of a pair a family is; null for others.</summary>
    internal static Tower? TowerOf(string family) => Pairs.Values.Any(pair => pair.Image == family) ? Tower.Image : Pairs.Values.Any(pair => pair.Text == family) ? Tower.Text : null;

    /// <summary>The family of a spec.</summary>
    public static ModelFamily Of(ModelSpec spec) => All.First(family => family.Name == spec.Family);
}
