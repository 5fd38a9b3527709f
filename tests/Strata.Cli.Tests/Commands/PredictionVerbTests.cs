using System.Text.Json;
using Strata.Models;
using Strata.Research;

namespace Strata.Cli.Tests.Commands;

/// <summary><c>eval</c> and <c>sweep</c>.</summary>
public sealed class PredictionVerbTests : FolderTest
{
    /// <summary>PyTorch measured 2.391 nats per move on 256 other games; 64 games hold 3,840 moves, so their mean is within a few hundredths of it.</summary>
    [Fact]
    public async Task HeldOutLossIsThatOfTheTraining()
    {
        ToolResult result = await Tool.OnGames("eval", 64, "--json");
        Assert.Equal(0, result.Code);
        Assert.Equal("", result.Error);
        JsonElement plan = Assert.Single(result.Json.GetProperty("results").EnumerateArray());
        Assert.InRange(plan.GetProperty("loss").GetDouble(), 2.35, 2.43);
        Assert.Equal(Math.Exp(plan.GetProperty("loss").GetDouble()), plan.GetProperty("perplexity").GetDouble());
        Assert.Equal("0..8", plan.GetProperty("plan").GetString());
        Assert.Equal(64 * 60, plan.GetProperty("tokens").GetInt32());
        Assert.Equal(8, plan.GetProperty("blocks").GetDouble());
        Assert.False(plan.TryGetProperty("method", out _));
        JsonElement provenance = result.Json.GetProperty("provenance");
        Assert.Equal(64, provenance.GetProperty("model_hash").GetString()!.Length);
        Assert.Contains("64 rows", provenance.GetProperty("data").GetString());
    }

    [Fact]
    public async Task BatchSizeChangesNothingButRounding()
    {
        double[] losses = [Loss(await Tool.OnGames("eval", 3, "--json")), Loss(await Tool.OnGames("eval", 3, "--json", "--batch-tokens", "1"))];
        Assert.Equal(losses[0], losses[1], 1e-5);
    }

    /// <summary>Weights of 8 bits: close to the trained ones, not the same, and the provenance says so.</summary>
    [Fact]
    public async Task WeightsOfEightBitsPredictNearlyAsWell()
    {
        ToolResult exact = await Tool.OnGames("eval", 4, "--json"), rounded = await Tool.OnGames("eval", 4, "--json", "--storage", "int8");
        Assert.Equal(Loss(exact), Loss(rounded), 0.02);
        Assert.NotEqual(Loss(exact), Loss(rounded));
        Assert.Equal("int8", rounded.Json.GetProperty("provenance").GetProperty("settings").GetProperty("storage").GetString());
        Assert.False(exact.Json.GetProperty("provenance").GetProperty("settings").TryGetProperty("storage", out _));
        (await Tool.Run("info", Repository.Othello, "--storage", "int7")).IsRefused(2, "--storage \"int7\"", "\"int8\"");
    }

    [Fact]
    public async Task ErrorsOfAStorageFormatAreThoseOfTheLibrary()
    {
        ToolResult evaluated = await Tool.OnGames("eval", 4, "--json", "--storage", "int8", "--storage-errors");
        Model model = Model.Load(Repository.Othello, new ModelOptions { Storage = Strata.Tensors.DType.Int8 });
        StorageErrors expected = model.StorageErrors(DataSet.Read(Repository.Games).Tokens(model).Take(4));
        JsonElement errors = evaluated.Json.GetProperty("storage_errors");
        double[] largest = [.. Column("largest error").Select(value => value.GetDouble())];
        Assert.Equal([.. expected.Weights.Select(w => w.Error.Max), .. expected.Points.Select(p => p.Error.Max)], largest);
        Assert.Contains("logits", Column("what").Select(value => value.GetString()));
        Assert.All(largest, error => Assert.InRange(error, 1e-6, 0.5));
        (await Tool.OnGames("eval", 4, "--storage-errors")).IsRefused(2, "checkpoint's own format", "--storage");

        JsonElement[] Column(string name) => [.. errors.GetProperty(name).EnumerateArray()];
    }

    [Fact]
    public async Task ASweepGivesWhatOneEvaluationPerPlanGives()
    {
        string plans = Write("plans.txt", "# two plans\n0..4, 6..8\n\n  0..4, reverse(4..8)  # turned\n");
        ToolResult sweep = await Tool.OnGames("sweep", 3, "--plans", plans, "--json");
        ToolResult eval = await Tool.OnGames("eval", 3, "--plan", "0..4, 6..8", "--plan", "0..4, reverse(4..8)", "--json");
        Assert.Equal(0, sweep.Code);
        Assert.Equal(["0..4, 6..8", "0..4, reverse(4..8)"], Results(sweep).Select(r => r.GetProperty("plan").GetString()));
        Assert.Equal(Results(eval).Select(r => r.GetRawText()), Results(sweep).Select(r => r.GetRawText()));
        ToolResult alone = await Tool.OnGames("eval", 3, "--plan", "0..4, 6..8", "--json");
        Assert.Equal(Loss(alone), Results(sweep)[0].GetProperty("loss").GetDouble(), 1e-6);
        // 4 shared blocks, then 2 and 4 of their own.
        Assert.Equal(10, sweep.Json.GetProperty("block_evaluations").GetDouble());
        Assert.Equal(14, sweep.Json.GetProperty("loop_block_evaluations").GetDouble());
    }

    [Theory]
    [InlineData(8, "--drop-each")]
    [InlineData(36, "--windows")]
    [InlineData(18, "--painters")]
    [InlineData(6, "--painters", "2..^2")]
    public async Task PlanSetsHaveTheirSize(int count, params string[] set)
    {
        ToolResult result = await Tool.OnGames("sweep", 1, ["--json", .. set]);
        Assert.Equal(0, result.Code);
        JsonElement[] results = Results(result);
        Assert.Equal(count, results.Length);
        Assert.Equal(set[0] == "--painters", results[0].TryGetProperty("method", out _));
        if (set.Length == 2) Assert.All(results, r => Assert.Equal((2, 6), (r.GetProperty("start").GetInt32(), r.GetProperty("end").GetInt32())));
    }

    [Fact]
    public async Task PartsOfASweepMakeItsTable()
    {
        string[] shared = ["--painters", "--results", At("results")];
        ToolResult whole = await Tool.OnGames("sweep", 2, "--painters", "--json");
        Assert.Contains("Evaluating 18 plans on 2 rows", whole.Error);
        for (int k = 3; k >= 0; k--)
        {
            ToolResult merged = await Tool.OnGames("sweep", 2, [.. shared, "--merge"]);
            merged.IsRefused(3, "plans are not complete");
            Assert.Equal(0, (await Tool.OnGames("sweep", 2, [.. shared, "--array", $"{k}/4"])).Code);
        }

        Assert.Equal(whole.Output, (await Tool.OnGames("sweep", 2, [.. shared, "--merge", "--json"])).Output);
    }

    [Fact]
    public async Task HopelessPlansAreGivenUpAndEachRowIsToldAsItComes()
    {
        ToolResult result = await Tool.OnGames("sweep", 12, "--drop-each", "--batch-tokens", "240", "--stop-when", "1.5x after 4", "--stream", "--json");
        JsonElement[] results = Results(result);
        JsonElement first = results.First(r => r.TryGetProperty("stopped", out _));
        Assert.Equal(JsonValueKind.Null, first.GetProperty("loss").ValueKind);
        // Batches of three games: four rows are known after the second.
        Assert.Equal(6, first.GetProperty("stopped").GetProperty("rows").GetInt32());
        Assert.Contains(results, r => !r.TryGetProperty("stopped", out _));
        Assert.Contains("given up after 6 rows", result.Error);
        Assert.Equal(8, result.Error.Split('\n').Count(line => line.StartsWith("loss ", StringComparison.Ordinal) || line.StartsWith("given up", StringComparison.Ordinal)));
        (await Tool.OnGames("sweep", 1, "--drop-each", "--stop-when", "soon")).IsRefused(2, "1.5x after 64");
    }

    [Fact]
    public async Task HeadsAreReplacedInTurn()
    {
        ToolResult zero = await Tool.OnGames("ablate", 2, "--zero", "blocks.*.attn.z", "--each", "head", "--json");
        JsonElement columns = zero.Json.GetProperty("columns");
        int heads = columns.GetProperty("loss").GetArrayLength() / 8;
        Assert.Equal(8 * heads, columns.GetProperty("part").GetArrayLength());
        double unchanged = zero.Json.GetProperty("unchanged").GetProperty("loss").GetDouble();
        Assert.Equal(columns.GetProperty("loss")[3].GetDouble() - unchanged, columns.GetProperty("added loss")[3].GetDouble(), 1e-12);
        Assert.True(zero.Json.GetProperty("block_evaluations").GetDouble() < zero.Json.GetProperty("loop_block_evaluations").GetDouble());
        ToolResult mean = await Tool.OnGames("ablate", 2, "--mean", "blocks.1.mlp.post", "--each", "64", "--results", At("ablation"), "--stream");
        Assert.Equal(0, mean.Code);
        Assert.Equal(mean.Output, (await Tool.OnGames("ablate", 2, "--mean", "blocks.1.mlp.post", "--each", "64", "--results", At("ablation"))).Output);
        (await Tool.OnGames("ablate", 1, "--zero", "embed", "--mean", "embed")).IsRefused(2, "--zero GLOB or --mean GLOB");
    }

    [Fact]
    public async Task AGridOfPatchesIsATable()
    {
        string[] prompts = ["--clean-tokens", "61,26,18,19", "--corrupted", "c4 c5 d3"];
        ToolResult grid = await Tool.Run(["patch", Repository.Othello, .. prompts, "--answer", "#19", "--foil", "#20", "--json"]);
        Assert.Equal((8, 4), (grid.Json.GetProperty("values").GetArrayLength(), grid.Json.GetProperty("values")[0].GetArrayLength()));
        Assert.Contains("Patching 8 points at 4 positions", grid.Error);
        // All of the clean stream at the last position, before the last block: nearly its answer; before the prompts differ nothing.
        Assert.Equal(grid.Json.GetProperty("corrupted").GetDouble(), grid.Json.GetProperty("values")[0][0].GetDouble(), 1e-4);
        Assert.Contains("restored", (await Tool.Run(["patch", Repository.Othello, .. prompts])).Output);
        (await Tool.Run("patch", Repository.Othello, "--clean", "c4", "--corrupted", "c4 c3")).IsRefused(2, "of one length");
    }

    [Fact]
    public async Task ForPeopleThereIsOneAlignedLinePerPlan()
    {
        ToolResult result = await Tool.OnGames("sweep", 1, "--painters", "2..4");
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(1 + 1 + 6 + 1, lines.Length);
        int loss = lines[1].IndexOf("perplexity", StringComparison.Ordinal) - 1;
        Assert.All(lines[2..8], line => Assert.Equal(' ', line[loss]));
        Assert.Contains("0..2, parallel(2..4)*3, 4..8", lines[7]);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    private static JsonElement[] Results(ToolResult result) => [.. result.Json.GetProperty("results").EnumerateArray()];

    private static double Loss(ToolResult result) => Results(result)[0].GetProperty("loss").GetDouble();
}
