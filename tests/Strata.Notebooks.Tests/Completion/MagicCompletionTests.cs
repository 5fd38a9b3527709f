using Strata.Models;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>What could stand at the cursor of a magic line; <c>|</c> marks the cursor.</summary>
public sealed class MagicCompletionTests : IClassFixture<OthelloSession>
{
    private readonly MagicCommands _magics;

    public MagicCompletionTests(OthelloSession othello)
    {
        othello.Assign("fromCell", othello.Session.Get<Activations>("acts", "activations"));
        othello.Assign("number", 5);
        _magics = new MagicCommands(new StrataSession(name => name == "number" ? 5 : othello.Session.Find(name), () => ["fromCell", "number", "model", "data", "acts"]));
    }

    [Theory]
    [InlineData("#!|", "#!model #!data #!capture")]
    [InlineData("#!sw|", "#!sweep")]
    [InlineData("#!capture --po|", "--points --pool --positions")]
    [InlineData("#!capture --points embed --po|", "--pool --positions")]
    [InlineData("#!capture --po| --pool mean", "--points --positions")]
    [InlineData("#!ablate --plan 0..8 --pl|", "--plan")]
    [InlineData("#!generate |", "--max-new")]
    [InlineData("#!measure |", "acts fromCell --help")]
    [InlineData("#!measure acts --form |", "textbook reference")]
    [InlineData("#!measure acts --normalize log|", "log-n log-d")]
    [InlineData("#!measure acts --measure norm,cur|", "curvature")]
    [InlineData("#!measure acts --measure=cur|", "curvature")]
    [InlineData("#!compare acts from|", "fromCell")]
    [InlineData("#!compare acts --with cka-|", "cka-debiased")]
    [InlineData("#!capture --model |", "model")]
    [InlineData("#!capture --data |", "data")]
    [InlineData("#!capture --pool m|", "mean")]
    [InlineData("#!lens --show |", "probability entropy kl loss")]
    [InlineData("#!model data/othello --storage |", "f32 bf16 f16 int8")]
    [InlineData("#!data --task mod|", "modular-addition")]
    [InlineData("#!prune --count 2 --method |", "angular influence")]
    [InlineData("#!ablate --score leg|", "legal-othello-moves")]
    [InlineData("#!sweep --painters 2|", "2..6")]
    [InlineData("#!ablate --zero blocks.3.attn.z --head |", "0 1 2 3")]
    [InlineData("#!probe acts --labels mov|", "mover")]
    [InlineData("#!probe acts --probe |", "ridge logistic")]
    [InlineData("#!strata pl|", "plans")]
    [InlineData("#!save x --model |", "model")]
    [InlineData("#!save x --merge 2|", "2..6")]
    [InlineData("#!save x --pl|", "--plan")]
    public void The_first_candidates_are(string line, string expected)
    {
        string[] texts = expected.Split(' ');
        Assert.Equal(texts, Texts(line).Take(texts.Length));
    }

    [Theory]
    [InlineData("#!capture --points blocks.*.resid_p|", "blocks.*.resid_pre blocks.*.resid_post")]
    [InlineData("#!capture --points embed,blocks.3.attn.|", "blocks.3.attn.q blocks.3.attn.k blocks.3.attn.v blocks.3.attn.scores blocks.3.attn.pattern blocks.3.attn.z")]
    [InlineData("#!ablate --zero \"blocks.7.mlp_|", "blocks.7.mlp_out")]
    [InlineData("#!ablate --scale blocks.?.resid_m|", "blocks.?.resid_mid")]
    [InlineData("#!capture --points blocks.8.|", "")]
    [InlineData("#!capture --points log|", "logits")]
    [InlineData("#!generate --max-new |", "")]
    [InlineData("#!nothing |", "")]
    [InlineData("#!generate --max-new 1 --text \"a b|", "")]
    [InlineData("#!capture --model number --plan |", "")]
    public void The_candidates_are(string line, string expected) => Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), Texts(line));

    [Fact]
    public void What_is_replaced_begins_where_the_typed_text_begins()
    {
        Assert.Equal(18, Complete("#!capture --points blocks.*.re|").Start - 1);
        Assert.Equal("#!capture --points embed,".Length, Complete("#!capture --points embed,blocks.*.re|").Start);
        Assert.Equal("#!ablate --plan \"0..4, ".Length, Complete("#!ablate --plan \"0..4, 6|").Start);
        Assert.Equal("#!measure acts --form=".Length, Complete("#!measure acts --form=te|").Start);
        Assert.Equal(0, Complete("#!m|").Start);
    }

    [Fact]
    public void Every_candidate_of_a_plan_is_a_plan_or_begins_one()
    {
        foreach (string typed in new[] { "", "0..4, ", "0..4, 6", "0..4, 6..", "reverse(2", "0..2, parallel(2..6)*2, ", "^", "0..4, attn(" })
        {
            CompletionList found = Complete($"#!ablate --plan \"{typed}|");
            Assert.NotEmpty(found.Candidates);
            foreach (CompletionCandidate candidate in found.Candidates)
            {
                string plan = typed[..(found.Start - "#!ablate --plan \"".Length)] + candidate.Text;
                if (plan.EndsWith('(')) plan += "1";
                LayerPlan.Parse(plan.Count(c => c == '(') > plan.Count(c => c == ')') ? plan + ")" : plan, 8);
            }
        }
    }

    [Fact]
    public void A_plan_continues_where_it_was_cut()
    {
        Assert.Equal(["4..8", "5..8"], Texts("#!ablate --plan \"0..4, |").Take(2));
        Assert.Contains("reverse(", Texts("#!ablate --plan \"0..4, |"));
        Assert.DoesNotContain("reverse(", Texts("#!ablate --plan \"0..4, attn(|"));
        Assert.Equal(["reverse("], Texts("#!ablate --plan \"0..4, rev|"));
        Assert.DoesNotContain(Texts("#!ablate --plan 6|"), text => text.Contains('9', StringComparison.Ordinal));
    }

    [Fact]
    public void A_whole_plan_with_blanks_is_quoted_where_no_quote_is_open()
    {
        Assert.Contains("\"0..2, 6..8\"", Texts("#!ablate --plan |"));
        Assert.Contains("0..2, 6..8", Texts("#!ablate --plan \"|"));
    }

    [Fact]
    public void Every_point_of_the_model_can_be_reached()
    {
        foreach (string name in new[] { "embed", "pos_embed", "blocks.0.resid_pre", "blocks.7.mlp.post", "ln_final.normalized", "logits" })
        {
            string typed = name.StartsWith("blocks.", StringComparison.Ordinal) ? name[..9] : name[..1];
            Assert.Contains(name, Texts($"#!capture --points {typed}|"));
        }

        Assert.Contains("blocks.7.", Texts("#!capture --points blocks.|"));
    }

    [Fact]
    public void Files_are_offered_by_their_kind_and_folders_always()
    {
        string folder = OthelloFolder.Path;
        Assert.Equal([$"{folder}/"], Texts($"#!model {folder[..^2]}|"));
        Assert.DoesNotContain(Texts($"#!model {folder}/|"), text => text.EndsWith(".json", StringComparison.Ordinal));
        Assert.Contains(OthelloFolder.Games, Texts($"#!data {folder}/ga|"));
        Assert.Empty(Texts("#!data /nowhere/at/all/|"));
        DirectoryInfo spaced = Directory.CreateTempSubdirectory("strata completion ");
        try
        {
            Assert.Contains($"\"{spaced.FullName}/", Texts($"#!model {Path.GetTempPath()}strata|"));
            Assert.Contains($"{spaced.FullName}/", Texts($"#!model \"{spaced.FullName[..^2]}|"));
        }
        finally
        {
            spaced.Delete();
        }
    }

    [Fact]
    public void Values_can_be_listed_without_a_line()
    {
        Assert.Contains(_magics.ValuesOf("#!capture", "--points"), value => value.Text == "blocks.*.resid_post");
        Assert.Contains(_magics.ValuesOf("#!measure", "ACTS"), value => value is { Text: "acts", Summary: "activations" });
        Assert.Contains(_magics.ValuesOf("#!measure", "--measure"), value => value.Text == "curvature" && value.Summary.Length > 0);
        Assert.Empty(_magics.ValuesOf("#!measure", "--seed"));
        Assert.Empty(_magics.ValuesOf("#!nothing", "--seed"));
    }

    [Fact]
    public void Any_position_of_any_line_has_an_answer()
    {
        foreach (string line in new[] { "#!ablate --plan \"0..2, parallel(2..6)*2, 6..8\" --zero blocks.3.attn.z --head 1", "  #!capture --points=a,b --plan reverse(((", "", "\"\"\"", "#!measure --measure ,,, acts acts acts" })
        {
            for (int at = 0; at <= line.Length; at++) Assert.InRange(_magics.Complete(line, at).Start, 0, at);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => _magics.Complete("#!", 3));
    }

    private CompletionList Complete(string line) => _magics.Complete(line.Remove(line.IndexOf('|'), 1), line.IndexOf('|'));

    private string[] Texts(string line) => Complete(line).Candidates.Select(candidate => candidate.Text).ToArray();
}
