namespace Strata.Notebooks.Tests;

/// <summary>A session in which the Othello network, 12 of its games and their residual streams have been loaded by magic commands.</summary>
public sealed class OthelloSession
{
    private readonly Dictionary<string, object> _cells = [];

    public OthelloSession()
    {
        Session = new StrataSession(name => _cells.GetValueOrDefault(name));
        Setup = Run($"#!model \"{OthelloFolder.Path}\"", $"#!data \"{OthelloFolder.Games}\" --take 12 --task othello", "#!capture --points blocks.*.resid_pre,blocks.*.resid_post");
    }

    public StrataSession Session { get; }

    internal FakeHost Setup { get; }

    /// <summary>Gives a C# variable a value.</summary>
    internal void Assign(string name, object value) => _cells[name] = value;

    internal FakeHost Run(params string[] lines)
    {
        FakeHost host = new();
        foreach (string line in lines) new MagicCommands(Session).ExecuteAsync(line, host).GetAwaiter().GetResult();
        return host;
    }
}
