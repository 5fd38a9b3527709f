using System.Text.Json;
using System.Xml.Linq;
using Strata.Models;
using Strata.Research;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>How plans, tokens and generated text are shown.</summary>
public sealed class ResultFormattingTests
{
    // Any use of a session registers the formatters of results.
    private static readonly StrataSession Session = new();

    [Theory]
    [InlineData("0..4, 8..12", "0 1 2 3 4* 5* 6* 7* 8 9 10 11")]
    [InlineData("0..2, 10, 4..12", "0 1 2* 3* 10 4 5 6 7 8 9 10 11")]
    [InlineData("reverse(0..12)", "11 10 9 8 7 6 5 4 3 2 1 0")]
    [InlineData("0..11", "0 1 2 3 4 5 6 7 8 9 10 11*")]
    [InlineData("none", "0* 1* 2* 3* 4* 5* 6* 7* 8* 9* 10* 11*")]
    public void The_diagram_has_the_blocks_in_order_with_skipped_ones_in_their_place(string plan, string boxes) => Assert.Equal(boxes, Boxes(plan));

    [Fact]
    public void Equal_steps_are_drawn_once_with_their_count()
    {
        Assert.Equal("0 5 ×4 1* 2* 3* 4* 6* 7* 8* 9* 10* 11*".Split(' ').Order(), Boxes("0, 5*4").Split(' ').Order());
        Assert.Contains("×3", Boxes("parallel(0..12)*3"));
    }

    [Fact]
    public void Parallel_blocks_stand_above_each_other()
    {
        XElement[] texts = Texts("0..4, parallel(4..8), 8..12").ToArray();
        string X(string block) => texts.Single(t => t.Value == block).Attribute("x")!.Value;
        Assert.Single(new[] { "4", "5", "6", "7" }.Select(X).Distinct());
        Assert.NotEqual(X("3"), X("4"));
    }

    [Fact]
    public void Half_blocks_are_marked_and_half_filled()
    {
        Assert.Contains("attn", Boxes("0..4, attn(4), mlp(5), 6..12"));
        Assert.Contains("mlp", Boxes("0..4, attn(4), mlp(5), 6..12"));
        int Half(string plan) => Svg(plan).Descendants().Count(e => e.Name.LocalName == "rect" && e.Attribute("height")!.Value == "15");
        Assert.Equal((2, 0), (Half("attn(4), mlp(5)"), Half("4, 5")));
    }

    [Fact]
    public void The_caption_states_the_range_convention_and_what_never_runs()
    {
        MimeBundle bundle = Formatters.Format(LayerPlan.Parse("0..4, 8..12", 12));
        string svg = bundle.Renderings[MimeBundle.Svg];
        Assert.Contains("Ranges exclude their end", svg);
        Assert.Contains("Never run (dashed): 4, 5, 6, 7.", svg);
        Assert.Contains(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(svg)), bundle.Renderings[MimeBundle.Html]);
        Assert.Equal("0..4, 8..12", bundle.Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void A_plan_of_many_blocks_stays_small()
    {
        LayerPlan plan = new(2000, Enumerable.Range(0, LayerPlan.MaxExecutions).Select(i => new BlockStep(i * 7 % 2000)));
        Assert.All(Formatters.Format(plan).Renderings.Values, r => Assert.True(r.Length < 300_000));
        LayerPlan wide = new(2000, [new ParallelStep(Enumerable.Range(0, 2000).Select(i => new BlockStep(i)))]);
        Assert.Contains("+1988", Formatters.Format(wide).Renderings[MimeBundle.Svg]);
    }

    [Fact]
    public void Tokens_of_a_hostile_vocabulary_are_shown_as_text()
    {
        string[] hostile = ["</script><script>alert(1)</script>", "<img/src=x/onerror=alert(1)>", "\"'&`", "\u202Eevil", "|*_[x](javascript:1)"];
        Tokenizer tokenizer = HostileTokenizer(hostile);
        TokenIds ids = tokenizer.Encode(string.Join(" ", hostile));
        Assert.Equal(hostile.Length, ids.Ids.Length);
        MimeBundle bundle = Formatters.Format(ids);
        XElement html = XElement.Parse($"<div>{bundle.Renderings[MimeBundle.Html]}</div>");
        Assert.DoesNotContain(html.Descendants(), e => e.Name.LocalName is "script" or "img");
        string[] chips = html.Descendants("span").Select(e => e.Value).ToArray();
        Assert.Equal([hostile[0], hostile[1], hostile[2], "\\u{202E}evil", hostile[4]], chips);
        Assert.All(html.Descendants("span").Zip(ids.Ids), pair => Assert.StartsWith($"id {pair.Second},", pair.First.Attribute("title")!.Value));
        Assert.DoesNotContain("<script", bundle.Renderings[MimeBundle.Markdown]);
        Assert.DoesNotContain("\u202E", bundle.Renderings[MimeBundle.PlainText]);
        Assert.Contains(ids.BosPolicy.Note, html.Value);
    }

    [Fact]
    public void A_doubled_beginning_is_warned_of()
    {
        TokenIds ids = Tokenizer.Load(Path.Combine(OthelloFolder.Path, "tokenizer.json"), Path.Combine(OthelloFolder.Path, "tokenizer_config.json")).Encode("<start> e3");
        Assert.NotNull(ids.Warning);
        Assert.All(Formatters.Format(ids).Renderings, r => Assert.Contains(r.Key == MimeBundle.Html ? "strata-error" : "Warning:", r.Value));
    }

    [Fact]
    public void Generated_markup_is_shown_as_text()
    {
        Generation generation = new(new TokenRows("x", [[1, 2]]), [[3]], new Provenance { Model = "<b>m</b>" });
        string html = Formatters.Format(generation).Renderings[MimeBundle.Html];
        Assert.DoesNotContain("<b>", html);
        Assert.Contains("1 2", html);
    }

    [Fact]
    public void An_evaluation_is_one_row()
    {
        LayerPlan plan = LayerPlan.Identity(2);
        string text = Formatters.Format(new Evaluation(plan, 1, 0.5, 10, new PlanCost(2, 100), 0.25) { Provenance = new Provenance { Plan = plan.ToString() } }).Renderings[MimeBundle.PlainText];
        Assert.Equal(3, text.Split('\n').Length);
        Assert.Contains("2.718", text);
        Assert.Contains("score", text);
    }

    private static Tokenizer HostileTokenizer(string[] vocabulary)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            Dictionary<string, int> ids = vocabulary.Append("unk").Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);
            object model = new { type = "WordLevel", vocab = ids, unk_token = "unk" };
            object file = new { version = "1.0", added_tokens = Array.Empty<object>(), pre_tokenizer = new { type = "WhitespaceSplit" }, model };
            string path = Path.Combine(folder, "tokenizer.json");
            File.WriteAllText(path, JsonSerializer.Serialize(file));
            return Tokenizer.Load(path, null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static XElement Svg(string plan) => XElement.Parse(Formatters.Format(LayerPlan.Parse(plan, 12)).Renderings[MimeBundle.Svg]);

    private static IEnumerable<XElement> Texts(string plan) => Svg(plan).Descendants().Where(e => e.Name.LocalName == "text" && e.Attribute("text-anchor")?.Value == "middle");

    /// <summary>The labels of the boxes in drawing order, with a star for skipped blocks.</summary>
    private static string Boxes(string plan) => string.Join(" ", Texts(plan).Select(t => t.Value + (t.Attribute("fill")?.Value == "#aaa" ? "*" : "")));
}
