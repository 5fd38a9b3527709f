namespace Strata.Models;

/// <summary>
/// Reads the text form of a plan. Grammar: <c>plan = "none" | item {"," item}</c>; <c>item = part ["*" count]</c>;
/// <c>part = index | range | ("reverse" | "parallel" | "attn" | "mlp") "(" item {"," item} ")"</c>; <c>range = [index] ".." [index]</c>; <c>index = ["^"] digits</c>.
/// </summary>
internal sealed class PlanParser(string text, int blocks)
{
    private static readonly string[] Words = ["reverse", "parallel", "attn", "mlp", "none"];
    private int _at;

    public LayerPlan Parse()
    {
        SkipSpace();
        if (text.Trim() == "none") return new LayerPlan(blocks, []);
        if (_at == text.Length) throw Error("is empty; write for example 0..4, 8..12, or \"none\" for no block at all");
        List<PlanStep> steps = ParseItems();
        if (_at < text.Length) throw Error($"has {Excerpt.Quote(text[_at].ToString())} where a comma or the end was expected");
        return new LayerPlan(blocks, steps);
    }

    private List<PlanStep> ParseItems()
    {
        List<PlanStep> steps = [];
        do
        {
            List<PlanStep> part = ParsePart();
            int times = Accept('*') ? ParseNumber("a count after *") : 1;
            if (times < 1) throw Error("repeats a part 0 times; leave the part out instead");
            if ((long)times * part.Count + steps.Count > LayerPlan.MaxExecutions) throw Error($"runs more than {LayerPlan.MaxExecutions:N0} blocks");
            for (int i = 0; i < times; i++) steps.AddRange(part);
        }
        while (Accept(','));
        return steps;
    }

    private List<PlanStep> ParsePart()
    {
        SkipSpace();
        if (_at < text.Length && char.IsAsciiLetter(text[_at])) return ParseCall();
        return ParseBlocks().Select(b => (PlanStep)new BlockStep(b)).ToList();
    }

    private List<PlanStep> ParseCall()
    {
        int start = _at;
        while (_at < text.Length && char.IsAsciiLetter(text[_at])) _at++;
        string word = text[start.._at];
        if (!Words.Contains(word) || word == "none")
        {
            _at = start;
            throw Error($"has the word {Excerpt.Quote(word)}. {NearestNames.Suggest(word, Words)}");
        }

        if (!Accept('(')) throw Error($"needs \"(\" after {word}");
        List<PlanStep> members = word is "parallel" ? ParseItems() : ParseBlockList();
        if (!Accept(')')) throw Error($"has no \")\" that closes {word}(");
        switch (word)
        {
            case "parallel": return [new ParallelStep(members)];
            case "reverse":
                members.Reverse();
                return members;
            case "attn": return members.Select(m => (PlanStep)new AttentionStep(LayerPlan.BlockOf(m))).ToList();
            default: return members.Select(m => (PlanStep)new MlpStep(LayerPlan.BlockOf(m))).ToList();
        }
    }

    private List<PlanStep> ParseBlockList()
    {
        List<PlanStep> steps = [];
        do
        {
            foreach (int block in ParseBlocks()) steps.Add(new BlockStep(block));
            if (steps.Count > LayerPlan.MaxExecutions) throw Error($"runs more than {LayerPlan.MaxExecutions:N0} blocks");
        }
        while (Accept(','));
        return steps;
    }

    /// <summary>An index or a range, as the blocks it stands for.</summary>
    private IEnumerable<int> ParseBlocks()
    {
        SkipSpace();
        int begin = _at;
        bool open = Peek("..");
        int start = open ? 0 : ParseIndex(isEnd: false);
        SkipSpace();
        if (!Peek("..")) return [CheckBlock(start, begin)];
        _at += 2;
        SkipSpace();
        bool bounded = _at < text.Length && (char.IsAsciiDigit(text[_at]) || text[_at] == '^');
        int end = bounded ? ParseIndex(isEnd: true) : blocks;
        if (start > end || end > blocks || start < 0)
        {
            _at = begin;
            throw Error($"has the range {start}..{end}, and the network has blocks 0..{blocks} (end excluded)");
        }

        return Enumerable.Range(start, end - start);
    }

    private int CheckBlock(int block, int begin)
    {
        if (block >= 0 && block < blocks) return block;
        _at = begin;
        throw Error($"names block {block}, and the network has blocks 0..{blocks} (0 to {blocks - 1})");
    }

    private int ParseIndex(bool isEnd)
    {
        bool fromEnd = Accept('^');
        int number = ParseNumber(isEnd ? "the end of a range" : "a block");
        return fromEnd ? blocks - number : number;
    }

    private int ParseNumber(string what)
    {
        SkipSpace();
        int start = _at;
        while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
        if (_at == start) throw Error($"needs {what}");
        if (int.TryParse(text.AsSpan(start, _at - start), out int number) && number <= 1_000_000) return number;
        _at = start;
        throw Error("has a number that is far too large");
    }

    private bool Accept(char symbol)
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] != symbol) return false;
        _at++;
        return true;
    }

    private bool Peek(string symbol) => text.AsSpan(_at).StartsWith(symbol);

    private void SkipSpace()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
    }

    private StrataException Error(string problem)
    {
        return new StrataException($"The plan {Excerpt.Quote(text)} {problem} (at character {_at + 1}).");
    }
}
