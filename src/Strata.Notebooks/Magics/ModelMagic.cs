using System.CommandLine;
using Strata.Models;
using Strata.Tensors;

namespace Strata.Notebooks;

/// <summary><c>#!model</c>: loads a network, or the random twin of one.</summary>
internal sealed class ModelMagic : MagicCommand
{
    private readonly Argument<string> _folder;
    private readonly Option<string> _name;
    private readonly Option<string> _storage;
    private readonly Option<string> _memory;
    private readonly Option<long?> _random;

    public ModelMagic()
        : base("#!model", "Load a network (config.json, *.safetensors, tokenizer.json); it becomes the current model. With --random, its control with random weights.", "#!model data/othello", "#!model hf:openai-community/gpt2", "#!model data/othello --random 0 --name twin")
    {
        _folder = Argument<string>("FOLDER", "The folder of the checkpoint, or a model of the Hugging Face hub: hf:org/name@revision; of a pair (CLIP, SigLIP) with #image or #text behind it.", required: true, Values.ModelFolder);
        _storage = Option<string>("--storage", "Format of the weights in memory: f32, bf16, f16 or int8 (rounded, a quarter of the memory of f32); the checkpoint's own by default.", "FORMAT", Values.Words(StorageFormat.Words));
        _memory = Option<string>("--memory", "Memory that the weights may take, such as 4GB; blocks beyond it are read when they run, with the same results. All of them where they fit.", "SIZE");
        _random = Option<long?>("--random", "Same architecture and tokenizer, random weights of this seed: the control for anything measured.", "SEED");
        _name = Option<string>("--name", "Name of the model; \"model\" by default, \"twin\" with --random.", "NAME");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, call.Has(_random) ? "twin" : "model");
        long? memory = call.Value(_memory) is string amount ? ByteSize.Parse("--memory", amount) : null;
        Model model = Model.Load(call.Value(_folder)!, new ModelOptions { Storage = Storage(call), MemoryLimit = memory, Progress = call.Progress, Announce = plan => call.Show(plan) }, call.Cancellation);
        if (call.Value(_random) is long seed) model = model.RandomTwin(seed);
        call.Keep(name, model);
        call.Show(model);
    }

    private DType? Storage(MagicCall call)
    {
        if (call.Value(_storage) is not string word) return null;
        if (call.Has(_random)) throw new StrataException("--storage does not go with --random: a random twin is made in float32.");
        return StorageFormat.Parse("--storage", word);
    }
}
