using Strata.Models;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>Lines with typing errors run, or fail with a message for the user; nothing else happens.</summary>
public sealed class DamagedLineTests
{
    private const string Inserted = "-=\"'@,.^*()[]{}#!$%&\\/|~`:;?<> \u0000\u202E\uD800é";

    private static readonly string[] Lines =
    [
        "#!capture --points blocks.*.resid_post,embed --pool mean --positions \"1..3, ^1\" --plan \"0..4, 6..8\"", "#!measure acts --measure norm,curvature --form reference --normalize log-n",
        "#!compare acts acts --with cka", "#!lens --tokens 61,19,18 --show kl --row 0", "#!ablate --plan \"0..2, parallel(2..6)*2, 6..8\" --zero blocks.3.attn.z --head 1",
        "#!ablate --scale blocks.3.attn_out=0.5 --each --positions 1..2", "#!sweep --painters 2..6 --stop-when \"1.5x after 4\"", "#!patch --clean \"c4 c3\" --corrupted \"c4 c5\" --answer e3", "#!sweep --plan none --plan \"reverse(0..8), attn(1), mlp(2)\"",
        "#!prune --count 2 --method influence", "#!generate --text \"e3 d3\" --max-new 2 --temperature 0.5", "#!strata plans", "#!report", "#!probe acts --labels x",
    ];

    [Fact]
    public void Damage_never_surfaces_as_anything_but_a_message()
    {
        OthelloSession othello = new();
        othello.Assign("data", new TokenRows("short", [[61, 19, 18, 17], [61, 26, 18]]));
        othello.Run("#!capture");
        SeededRandom random = new(5);
        int failures = 0;
        for (int i = 0; i < 400; i++)
        {
            string line = Damaged(Lines[random.NextInt(Lines.Length)], random);
            Exception? failure = Record.Exception(() => othello.Run(line));
            Assert.True(failure is null or StrataException, $"{line}\n{failure}");
            if (failure is not null) failures++;
        }

        Assert.InRange(failures, 100, 399);
    }

    /// <summary>One to three characters deleted, inserted or swapped after the first two.</summary>
    private static string Damaged(string line, SeededRandom random)
    {
        for (int edits = 1 + random.NextInt(3); edits > 0; edits--)
        {
            int at = 2 + random.NextInt(line.Length - 3);
            line = random.NextInt(3) switch
            {
                0 => line.Remove(at, 1),
                1 => line.Insert(at, Inserted[random.NextInt(Inserted.Length)].ToString()),
                _ => line.Remove(at, 1).Insert(at - 1, line[at].ToString()),
            };
        }

        return line;
    }
}
