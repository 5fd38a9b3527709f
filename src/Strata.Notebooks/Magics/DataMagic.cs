using System.CommandLine;
using Strata.Models;
using Strata.Research;

namespace Strata.Notebooks;

/// <summary><c>#!data</c>: reads a data set, or makes a task whose rules are known.</summary>
internal sealed class DataMagic : MagicCommand
{
    private static readonly string[] Tasks = ["othello", "modular-addition", "digit-addition", "brackets", "induction"];

    private readonly Argument<string> _file;
    private readonly Option<string> _task;
    private readonly Option<int?> _count, _take, _modulus, _digits, _kinds, _depth, _length, _vocabulary;
    private readonly Option<long> _seed;
    private readonly Option<string> _name, _split, _textColumn;

    public DataMagic()
        : base("#!data", "Read rows from a file, or make those of a toy task; they become the current data.",
            "#!data data/othello/games-test.jsonl --take 100", "#!data hf:org/name --split train --text-column sentence", "#!data data/othello/games-test.jsonl --task othello", "#!data --task brackets --count 200 --seed 1")
    {
        _file = Argument<string>("FILE", "A folder of images (folders in it are classes), .jsonl or .ndjson (tokens, text or image, further fields), .parquet with the same, .csv or .tsv (with a header), .txt (one row per line), or a data set of the Hugging Face hub: hf:org/name@revision.", required: false, Values.File(".jsonl", ".ndjson", ".parquet", ".csv", ".tsv", ".txt"));
        _split = Option<string>("--split", "Of a data set of the hub, the part to read, such as train.", "SPLIT");
        _textColumn = Option<string>("--text-column", "The column or field that holds the text; \"text\" by default.", "COLUMN");
        _take = Option<int?>("--take", "Keep the first N rows only.", "N");
        _task = Option<string>("--task", $"Toy task: {string.Join(", ", Tasks)}. With FILE: othello labels the games of the file.", "TASK", Values.Words(Tasks));
        _count = Option<int?>("--count", "Toy task: number of rows.", "N");
        _seed = Option<long>("--seed", "Toy task: seed of the rows; 0 by default.", "SEED");
        _modulus = Option<int?>("--modulus", "modular-addition: the modulus; 113 by default.", "P");
        _digits = Option<int?>("--digits", "digit-addition: digits of each summand; 3 by default.", "N");
        _kinds = Option<int?>("--kinds", "brackets: kinds of brackets; 2 by default.", "N");
        _depth = Option<int?>("--depth", "brackets: most brackets open at once; 4 by default.", "N");
        _length = Option<int?>("--length", "brackets, induction: tokens after the start; 20 by default.", "N");
        _vocabulary = Option<int?>("--vocabulary", "induction: number of tokens; 50 by default.", "N");
        _name = NameOption("data");
    }

    public override void Run(MagicCall call)
    {
        string name = call.ResultName(_name, "data");
        string? file = call.Value(_file), task = call.Value(_task);
        if (task is not null && !Tasks.Contains(task)) throw new StrataException($"There is no task \"{task}\". {NearestNames.Suggest(task, Tasks)}");
        object data = (file, task) switch
        {
            (null, null) => throw new StrataException("Give a file (#!data FILE) or a task (#!data --task othello --count 100)."),
            (string path, null) => Read(call, path),
            (string path, "othello") => Othello.Label(Read(call, path)),
            (string, _) => throw new StrataException($"The rows of --task {task} are made, not read; leave the file out. Only othello labels the games of a file."),
            (null, _) => Make(call, task!),
        };
        call.Keep(name, data);
        call.Show(data);
    }

    private DataSet Read(MagicCall call, string path)
    {
        if (call.Has(_count)) throw new StrataException("--count says how many rows of a toy task to make; for a file say --take.");
        DataOptions options = new() { Split = call.Value(_split), Announce = plan => call.Show(plan), Progress = call.Progress };
        if (call.Value(_textColumn) is { } column) options = options with { TextColumn = column };
        DataSet data = DataSet.Read(path, options, call.Cancellation);
        return call.Value(_take) is int take ? data.Take(take) : data;
    }

    private ToyTask Make(MagicCall call, string task)
    {
        if (call.Has(_take)) throw new StrataException("--take cuts a file; for a toy task say --count.");
        if (call.Has(_split) || call.Has(_textColumn)) throw new StrataException("--split and --text-column are for data that are read; a toy task has neither.");
        int count = call.Value(_count) ?? throw new StrataException($"--task {task} needs --count N, the number of rows to make.");
        long seed = call.Value(_seed);
        return task switch
        {
            "othello" => Othello.Games(count, seed),
            "modular-addition" => ModularSums(call.Value(_modulus) ?? 113, count, seed),
            "digit-addition" => DigitAddition.Create(call.Value(_digits) ?? 3, count, seed),
            "brackets" => Brackets.Create(call.Value(_kinds) ?? 2, call.Value(_depth) ?? 4, call.Value(_length) ?? 20, count, seed),
            _ => Induction.RepeatedHalf(call.Value(_vocabulary) ?? 50, call.Value(_length) ?? 20, count, seed),
        };
    }

    /// <summary>A random part of the modulus² sums.</summary>
    private static ToyTask ModularSums(int modulus, int count, long seed)
    {
        long all = (long)modulus * modulus;
        if (count < 1 || count >= all) throw new StrataException($"--count {count}: there are {all} sums modulo {modulus}; take 1 to {all - 1} of them.");
        return ModularAddition.Create(modulus, (double)count / all, seed).Train;
    }
}
