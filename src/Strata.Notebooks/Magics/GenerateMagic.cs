using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!generate</c>: lets the network continue prompts.</summary>
internal sealed class GenerateMagic : MagicCommand
{
    private readonly Option<int> _maxNew, _topK, _seed;
    private readonly Option<string> _plan, _mix, _layers, _amateur, _name;
    private readonly Option<float> _temperature;
    private readonly Option<double?> _alpha, _beta, _omega;
    private readonly Inputs _inputs;

    public GenerateMagic()
        : base("#!generate", "Let the network continue prompts, along any plan.", "#!generate --tokens 61,19,26 --max-new 10", "#!generate --text \"c4 c3\" --max-new 10 --plan \"0..4, 6..8\" --temperature 0.8 --seed 1", "#!generate --tokens 61,19,26 --max-new 10 --mix deco --layers 4,5,6")
    {
        _maxNew = Option<int>("--max-new", "At most so many new tokens.", "N");
        _maxNew.Required = true;
        _plan = Option<string>("--plan", "Order in which the blocks run; all in order by default.", "PLAN", Values.Plan);
        _temperature = Option<float>("--temperature", "0 takes the most likely token (by default); above 0 samples.", "T");
        _topK = Option<int>("--top-k", "Sample among the K most likely tokens; 0 for all, by default.", "K");
        _seed = Option<int>("--seed", "Seed of sampling; 0 by default.", "SEED");
        _mix = Option<string>("--mix", "Mix the scores of earlier layers into the last layer's: dola, deco or lol.", "HOW", Values.Words<LayerMix>());
        _layers = Option<string>("--layers", "With --mix: candidate layers with commas between (blocks, or steps of the plan); of lol the one earlier layer.", "LIST");
        _amateur = Option<string>("--amateur", "With --mix lol: name of the network with the same vocabulary that is contrasted with.", "NAME", Values.Models);
        _alpha = Option<double?>("--alpha", "With --mix deco: weight of the earlier layer; 0.6 by default.", "W");
        _beta = Option<double?>("--beta", "With --mix lol: how much of the amateur is taken away; 0.5 by default.", "W");
        _omega = Option<double?>("--omega", "With --mix lol: weight of the earlier layer; 0.5 by default.", "W");
        _inputs = new Inputs(Syntax);
        _name = NameOption("generation");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "generation");
        float temperature = call.Value(_temperature);
        int topK = call.Value(_topK);
        if (!(temperature >= 0) || !float.IsFinite(temperature)) throw new StrataException($"--temperature {temperature}: expected 0 or more.");
        if (topK < 0) throw new StrataException($"--top-k {topK}: expected 0 or more.");
        Model model = _inputs.Model(call);
        Generation generation = model.Generate(_inputs.Rows(call, model), new GenerationRequest
        {
            MaxNew = call.Value(_maxNew),
            Plan = Inputs.Plan(call.Value(_plan), model),
            Temperature = temperature,
            TopK = topK,
            Seed = call.Value(_seed),
            Mixer = Mixer(call),
            Progress = call.Progress,
        }, call.Cancellation);
        call.Keep(name, generation);
        call.Show(generation);
    }

    private MixedDecoding? Mixer(MagicCall call)
    {
        if (!call.Has(_mix))
        {
            Option? alone = new Option[] { _layers, _amateur, _alpha, _beta, _omega }.FirstOrDefault(call.Has);
            return alone is null ? null : throw new StrataException($"{alone.Name} belongs to --mix; give both.");
        }

        return MixedDecoding.Of(call.Word(_mix, LayerMix.Dola), call.Value(_layers), call.Value(_amateur) is string amateur ? call.Session.Get<Model>(amateur, "a model: load one with #!model FOLDER") : null, call.Value(_alpha), call.Value(_beta), call.Value(_omega));
    }
}
