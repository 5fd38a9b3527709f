using System.IO.Enumeration;
using System.Text.Json.Nodes;
using Strata.Jupyter.Protocol;
using Strata.Notebooks;

namespace Strata.Jupyter.Kernel;

/// <summary>What was executed in this session, for front ends that offer it again.</summary>
internal sealed class ExecutionHistory
{
    private const int Capacity = 10_000, UsualTail = 1000, MaxOutput = 10_000;

    private readonly List<(int Line, string Input)> _entries = [];
    private readonly Dictionary<int, string> _outputs = [];

    /// <summary>Adds what was executed.</summary>
    public void Add(int line, string input)
    {
        _entries.Add((line, input));
        if (_entries.Count <= Capacity) return;
        _outputs.Remove(_entries[0].Line);
        _entries.RemoveAt(0);
    }

    /// <summary>Adds the text of the value that the execution came to; text beyond a limit is cut.</summary>
    public void AddOutput(int line, string text) => _outputs[line] = Escape.Clip(text, MaxOutput);

    /// <summary>Answers a <c>history_request</c>: a tail, a range or a search with <c>*</c> and <c>?</c>.</summary>
    public JsonObject Answer(JupyterMessage request)
    {
        IEnumerable<(int Line, string Input)> found = request.Text("hist_access_type") switch
        {
            "range" => _entries.Where(entry => entry.Line >= request.Number("start", 0) && entry.Line < request.Number("stop", int.MaxValue)),
            "search" => Search(request.Text("pattern") ?? "*", request.Flag("unique", false)).TakeLast(Math.Max(0, request.Number("n", UsualTail))),
            _ => _entries.TakeLast(Math.Max(0, request.Number("n", UsualTail))),
        };
        bool output = request.Flag("output", false);
        JsonArray history = new(found.Select(entry => (JsonNode)new JsonArray(1, entry.Line, output ? new JsonArray(entry.Input, _outputs.GetValueOrDefault(entry.Line)) : entry.Input)).ToArray());
        return new JsonObject { ["status"] = "ok", ["history"] = history };
    }

    private IEnumerable<(int Line, string Input)> Search(string pattern, bool unique)
    {
        IEnumerable<(int Line, string Input)> found = _entries.Where(entry => FileSystemName.MatchesSimpleExpression(pattern, entry.Input, ignoreCase: false));
        return unique ? found.Reverse().DistinctBy(entry => entry.Input).Reverse() : found;
    }
}
