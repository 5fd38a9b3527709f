using Strata.Models;
using Strata.Research;
using Xunit;

namespace Strata.Notebooks.Tests;

/// <summary>Every command on the small trained network.</summary>
public sealed class OthelloMagicTests(OthelloSession othello) : IClassFixture<OthelloSession>
{
    private static readonly int[] Opening = [61, 19, 18, 17];

    [Fact]
    public void A_model_is_loaded_declared_and_shown()
    {
        Model model = Assert.IsType<Model>(othello.Setup.Variables["model"]);
        Assert.Equal(8, model.Spec.Blocks);
        Assert.Contains("gpt2", othello.Setup.Text);
        Assert.Contains("blocks.7.resid_post", othello.Setup.Html);
        Assert.Contains(model.Hash, othello.Setup.Html);
    }

    [Fact]
    public void A_capture_announces_its_bytes_before_it_runs()
    {
        Activations acts = Assert.IsType<Activations>(othello.Setup.Variables["acts"]);
        Assert.Equal((16, 12), (acts.Points.Count, acts.Sequences));
        string announcement = othello.Setup.Outputs.Select(o => o.Renderings[MimeBundle.PlainText]).Single(t => t.StartsWith("Capturing", StringComparison.Ordinal));
        Assert.Contains($"{acts.Bytes:N0} bytes", announcement);
        Assert.Contains(othello.Setup.Reports, r => r.Title.StartsWith("Capturing", StringComparison.Ordinal));
    }

    [Fact]
    public void A_capture_takes_plan_positions_pooling_and_name()
    {
        FakeHost host = othello.Run("#!capture --points embed,blocks.7.resid_post --pool last --positions \"0..4\" --plan \"0..4, 6..8\" --take 3 --name few");
        Activations few = Assert.IsType<Activations>(host.Variables["few"]);
        Assert.Equal(["embed", "blocks.7.resid_post"], few.Points);
        Assert.Equal((3, 128), (few.Rows("embed").Rows, few.Rows("embed").Columns));
        Assert.Equal("0..4, 6..8", few.Provenance.Plan);
        Assert.Equal("last", few.Provenance.Settings["pooling"]);
        Assert.Contains("first 3", few.Provenance.Data);
    }

    [Fact]
    public void Measures_equal_those_of_the_api_and_are_plotted_by_block()
    {
        FakeHost host = othello.Run("#!measure --measure prompt-entropy,curvature --normalize log-n --name entropies");
        MeasureTable measures = Assert.IsType<MeasureTable>(host.Variables["entropies"]);
        Activations acts = (Activations)othello.Setup.Variables["acts"];
        MeasureValue expected = Measures.Get("prompt-entropy").Compute(acts, "blocks.3.resid_post", new MeasureOptions { Normalization = EntropyNormalization.LogN });
        Assert.Equal(expected.Value, measures.Values["prompt-entropy"]["blocks.3.resid_post"].Value);
        Assert.Equal(3, host.Outputs.Count);
        Assert.Equal(2, host.Outputs.Count(o => o.Renderings.ContainsKey(MimeBundle.Plotly)));
    }

    [Fact]
    public void What_a_cell_made_can_be_measured()
    {
        Model model = (Model)othello.Setup.Variables["model"];
        othello.Assign("mine", model.Capture(new TokenRows("opening", [Opening]), new CaptureRequest { Points = ["blocks.0.resid_post"], Announce = _ => { } }));
        FakeHost host = othello.Run("#!measure mine --measure norm --name norms");
        Assert.Equal(["blocks.0.resid_post"], ((MeasureTable)host.Variables["norms"]).Values["norm"].Keys);
    }

    [Fact]
    public void Two_captures_are_compared_point_by_point()
    {
        FakeHost host = othello.Run("#!capture --take 3 --name straight", "#!capture --take 3 --plan \"0..2, parallel(2..6), 6..8\" --name bent", "#!compare straight bent --with cka --name both");
        ComparisonMatrix matrix = Assert.IsType<ComparisonMatrix>(host.Variables["both"]);
        Activations straight = (Activations)host.Variables["straight"], bent = (Activations)host.Variables["bent"];
        Assert.Equal((8, 8), (matrix.Points.Count, matrix.Points2.Count));
        Assert.Equal(Comparisons.Get("cka").Compute(straight.Rows("blocks.3.resid_post"), bent.Rows("blocks.5.resid_post")), matrix.Values[3, 5], 1e-9);
        Assert.Contains(MimeBundle.Plotly, host.Outputs[^1].Renderings.Keys);
        Assert.Contains("parallel(2..6)", host.Outputs[^1].Renderings[MimeBundle.Plotly]);
    }

    [Fact]
    public void Probes_read_the_labels_of_the_rows_that_were_captured()
    {
        FakeHost host = othello.Run("#!probe --labels mover,relative.c3");
        ProbeSweep probes = Assert.IsType<ProbeSweep>(host.Variables["probe"]);
        Activations acts = (Activations)othello.Setup.Variables["acts"];
        int[] movers = ((ToyTask)othello.Setup.Variables["data"]).Labels["mover"].SelectMany(l => l).ToArray();
        int[] zeroBased = movers.Select(m => m < 0 ? -1 : m - 1).ToArray();
        LabelSet expected = new("mover", zeroBased, ["1", "2"], SequenceOfRows.Of(acts, "blocks.7.resid_post"));
        Assert.Equal(new RidgeProbe().Fit(acts.Rows("blocks.7.resid_post"), expected).TestAccuracy, probes.Results["blocks.7.resid_post"][0].TestAccuracy);
        Assert.True(probes.Results["blocks.7.resid_post"][0].TestAccuracy > 0.9);
        Assert.Equal(3, host.Outputs.Count);
        Assert.Contains("majority", host.Outputs[0].Renderings[MimeBundle.PlainText]);
        Assert.Contains("shuffled labels", host.Outputs[0].Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void Globs_select_many_labels_and_a_twin_is_a_control()
    {
        OthelloSession own = new();
        FakeHost host = own.Run("#!capture --points blocks.7.resid_post --positions 10..14 --name some", $"#!model \"{OthelloFolder.Path}\" --random 1",
            "#!capture --points blocks.7.resid_post --positions 10..14 --model twin --name twinned", "#!probe some --labels relative.c* --twin twinned");
        IReadOnlyList<ProbeResult> results = ((ProbeSweep)host.Variables["probe"]).Results["blocks.7.resid_post"];
        int[][][] columns = Enumerable.Range(1, 8).Select(i => ((ToyTask)own.Setup.Variables["data"]).Labels[$"relative.c{i}"]).ToArray();
        int readable = columns.Count(labels => labels.SelectMany(row => row[10..14]).Distinct().Count() > 1);
        Assert.InRange(readable, 5, 7);
        Assert.Equal(readable, results.Count);
        Assert.Contains("Left out, because these rows have one class of them only: ", host.Text);
        Assert.Contains($"mean of {readable} label sets", host.Text);
        Assert.Contains("random weights", host.Text);
    }

    [Fact]
    public void Pooled_activations_are_probed_for_a_field_of_each_row()
    {
        DataRow[] rows = ((ToyTask)othello.Setup.Variables["data"]).Data.Rows.Select((row, i) => row.With("kind", System.Text.Json.JsonSerializer.SerializeToElement(i % 2 == 0 ? "even" : "odd"))).ToArray();
        othello.Assign("kinds", new DataSet("kinds", rows));
        FakeHost host = othello.Run("#!capture --points blocks.7.resid_post --pool mean --data kinds --name pooled", "#!probe pooled --labels kind --data kinds");
        ProbeResult result = ((ProbeSweep)host.Variables["probe"]).Results["blocks.7.resid_post"][0];
        Assert.Equal((12, 0), (result.TrainRows + result.TestRows, result.LeftOut));
        Assert.Contains("no labels \"knd\". Did you mean \"kind\"?", Failure("#!probe pooled --labels knd --data kinds").Message);
        Assert.Contains("differ from position to position", Failure("#!probe pooled --labels mover --data data").Message);
    }

    [Fact]
    public void Labels_of_other_data_are_refused()
    {
        OthelloSession own = new();
        own.Run("#!data --task othello --count 20 --seed 4 --name others");
        Assert.Contains("whose tokens are not those of the first 12 rows", Assert.Throws<StrataException>(() => own.Run("#!probe --labels mover")).Message);
    }

    [Fact]
    public void Attributions_by_head_mixed_layers_and_streams_are_reached_by_command()
    {
        FakeHost host = othello.Run("#!lens --tokens 61,19,18,17 --attribute top --heads --neurons 128 --name parts", "#!generate --tokens 61,19,18 --max-new 3 --mix deco --layers 4,5 --alpha 2 --name mixed",
            "#!compare --stream --take 6 --points blocks.*.resid_post --pool mean --with cka-debiased --chunk 4 --name streamed", "#!lens --take 1 --positions 3..7 --name few");
        DirectLogitAttribution parts = Assert.IsType<DirectLogitAttribution>(host.Variables["parts"]);
        Assert.Equal(parts.Logit, parts.Total, 1e-4);
        Assert.Contains("blocks.7.attn.head.7", parts.Parts);
        Assert.Contains("blocks.7.mlp.neurons.384..512", parts.Parts);
        Assert.Contains("head 3", host.Outputs[0].Renderings[MimeBundle.Svg]);
        Assert.Contains("the other", host.Outputs[1].Renderings[MimeBundle.PlainText]);
        Assert.DoesNotContain("score␣of", host.Text);
        Assert.Equal("deco", Assert.IsType<Generation>(host.Variables["mixed"]).Provenance.Settings["decoding"]);
        ComparisonMatrix streamed = Assert.IsType<ComparisonMatrix>(host.Variables["streamed"]), whole = Assert.IsType<ComparisonMatrix>(
            othello.Run("#!capture --take 6 --points blocks.*.resid_post --pool mean --name pooled", "#!compare pooled --with cka-debiased --name whole").Variables["whole"]);
        Assert.Equal(whole.Values[1, 6], streamed.Values[1, 6], 6);
        Assert.Contains("3: ", host.Outputs[^2].Renderings[MimeBundle.Svg]);
        Assert.DoesNotContain("2: ", host.Outputs[^2].Renderings[MimeBundle.Svg]);
    }

    [Fact]
    public void A_lens_shows_the_top_token_of_every_layer_and_position()
    {
        FakeHost host = othello.Run("#!lens --tokens 61,19,18,17");
        LogitLens lens = Assert.IsType<LogitLens>(host.Variables["lens"]);
        Model model = (Model)othello.Setup.Variables["model"];
        Assert.Equal((9, 4), (lens.Points.Count, lens.Cells[0][0].Length));
        string plotly = host.Outputs[0].Renderings[MimeBundle.Plotly];
        Assert.Contains(model.TokenLabel(lens.Cells[0][8][3].TopId), plotly);
        Assert.Contains("after block", plotly);
        Assert.Contains("agreement", host.Text);
        string drawing = host.Outputs[0].Renderings[MimeBundle.Svg];
        Assert.Contains("&lt;start&gt;", drawing);
        Assert.DoesNotContain("<start>", drawing + host.Html);
    }

    [Fact]
    public void An_ablation_stands_beside_the_network_without_change()
    {
        FakeHost host = othello.Run("#!ablate --plan \"0..3, 4..8\" --plan \"0..2, parallel(2..6), 6..8\" --score legal-othello-moves --take 6");
        Table table = Assert.IsType<Table>(host.Variables["ablation"]);
        Assert.Equal(["0..8", "0..3, 4..8", "0..2, parallel(2..6), 6..8"], table["plan"].Texts);
        Assert.InRange(table["legal moves"].Numbers[0], 0.85, 1);
        Assert.Equal(0, table["added loss"].Numbers[0]);
        Assert.True(table["added loss"].Numbers[1] > 0);
        Assert.Contains("<img alt=", host.Outputs[0].Renderings[MimeBundle.Html]);
        Assert.Contains("legal moves", host.Text);
    }

    [Fact]
    public void Interventions_act_as_in_the_api()
    {
        Model model = (Model)othello.Setup.Variables["model"];
        TokenRows rows = ((ToyTask)othello.Setup.Variables["data"]).Data.Take(2).Tokens(model);
        Activations reference = model.Capture(rows, new CaptureRequest { Points = ["blocks.5.mlp_out"], Announce = _ => { } });
        Intervention[] expected = [Intervention.Zero("blocks.3.attn.z").OnHead(2), Intervention.Scale("blocks.1.attn.z", 0.5f).OnHead(2)];
        double Loss(params Intervention[] interventions) => Evaluation.Run(model, rows, null, new SweepOptions { Interventions = interventions }).Loss;
        Table both = (Table)othello.Run("#!ablate --zero blocks.3.attn.z --scale blocks.1.attn.z=0.5 --head 2 --take 2").Variables["ablation"];
        Assert.Equal([Loss(), Loss(expected)], both["loss"].Numbers);
        Assert.Equal(expected.Select(i => i.ToString()), both.Provenance.Interventions);
        FakeHost host = othello.Run("#!ablate --mean blocks.5.mlp_out --take 2");
        Assert.Equal(Loss(Intervention.Mean("blocks.5.mlp_out", reference)), ((Table)host.Variables["ablation"])["loss"].Numbers[1]);
        Assert.Contains("Capturing 1 points", host.Text);
    }

    [Fact]
    public void Each_point_is_changed_in_a_run_of_its_own_and_plotted()
    {
        FakeHost host = othello.Run("#!ablate --zero blocks.*.mlp_out --each --plan \"0..6, 7\" --tokens 61,19,18,17");
        Table table = (Table)host.Variables["ablation"];
        Assert.Equal(2 + 7, table.Rows);
        Assert.Equal(["", "", "blocks.0.mlp_out: zero"], table["change"].Texts.Take(3));
        Assert.Contains("zero mlp_out, plan 0..6, 7", host.Outputs[^2].Renderings[MimeBundle.PlainText]);
    }

    [Theory]
    [InlineData("--drop-each", 9)]
    [InlineData("--windows 3", 7)]
    [InlineData("--windows", 37)]
    [InlineData("--painters 2..6", 7)]
    // Of 3 ranges x 6 methods and the identity, one shuffle (of two blocks) is the identity.
    [InlineData("--painters", 18)]
    [InlineData("--plan 0..4 --plan none", 3)]
    public void A_sweep_has_the_identity_and_every_plan(string which, int plans)
    {
        FakeHost host = othello.Run($"#!sweep {which} --tokens 61,19,18,17 --name s");
        SweepResult result = Assert.IsType<SweepResult>(host.Variables["s"]);
        Assert.Equal(plans, result.Results.Count);
        Assert.True(result.Results[0].Plan.IsIdentity);
        Assert.StartsWith($"Evaluating {plans} plans", host.Outputs[0].Renderings[MimeBundle.PlainText]);
        Assert.Contains(MimeBundle.Plotly, host.Outputs[1].Renderings.Keys);
        Assert.Equal(3, host.Outputs.Count);
    }

    [Fact]
    public void Heads_and_groups_of_neurons_are_changed_in_turn_and_drawn_as_a_grid()
    {
        Model model = othello.Session.Get<Model>(othello.Session.CurrentModel, "a model");
        TokenRows rows = new("moves", [[61, 19, 18, 17]]);
        FakeHost host = othello.Run("#!ablate --zero blocks.*.attn.z --each head --tokens 61,19,18,17");
        Table table = (Table)host.Variables["ablation"];
        Assert.Equal(1 + 8 * model.Spec.Heads, table.Rows);
        double alone = Evaluation.Run(model, rows, null, new SweepOptions { Interventions = [Intervention.Zero("blocks.1.attn.z").OnHead(1)] }).Loss;
        Assert.Equal(alone, table["loss"].Numbers[1 + model.Spec.Heads + 1], 1e-6);
        Assert.Contains("each head of attn.z", host.Outputs[^2].Renderings[MimeBundle.PlainText]);
        Table neurons = (Table)othello.Run("#!ablate --mean blocks.2.mlp.post --each 100 --tokens 61,19,18,17").Variables["ablation"];
        Assert.Equal(1 + (model.Spec.MlpWidth + 99) / 100, neurons.Rows);
        Assert.Contains("columns 0..100", neurons["change"].Texts[1]);
    }

    [Fact]
    public void A_grid_of_patches_is_drawn_with_its_tokens()
    {
        FakeHost host = othello.Run("#!patch --clean \"c4 c3 d3\" --corrupted \"c4 c5 d3\" --answer e3 --foil f5 --place mlp_out");
        PatchingGrid grid = Assert.IsType<PatchingGrid>(host.Variables["patching"]);
        Assert.Equal(8, grid.Points.Count);
        Assert.Equal("logit difference", grid.Metric.Name);
        Assert.Contains(host.Outputs, output => output.Renderings[MimeBundle.PlainText].StartsWith("Patching 8 points", StringComparison.Ordinal));
        Assert.Contains(MimeBundle.Plotly, host.Outputs[^2].Renderings.Keys);
        Assert.Contains("c5", host.Outputs[^1].Renderings[MimeBundle.Html]);
        PatchingGrid same = (PatchingGrid)othello.Run("#!patch --clean-tokens 61,19 --corrupted-tokens 61,19 --name none").Variables["none"];
        Assert.Equal(0, same.Clean, 1e-9);
        Assert.Equal(0, same.Corrupted, 1e-9);
    }

    [Fact]
    public void A_sweep_keeps_its_results_and_takes_them_up_again()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("strata-results-");
        try
        {
            string line = $"#!sweep --drop-each --tokens 61,19,18,17 --results \"{folder.FullName}\" --name s";
            SweepResult first = (SweepResult)othello.Run(line).Variables["s"];
            Assert.Single(folder.GetFiles());
            Assert.Equal(first.Results.Select(r => r.Loss), ((SweepResult)othello.Run(line).Variables["s"]).Results.Select(r => r.Loss));
            Assert.Single(folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Plans_are_read_from_a_file_and_an_error_names_the_line()
    {
        string path = Path.Combine(Path.GetTempPath(), $"plans-{Guid.NewGuid():N}.txt");
        try
        {
            File.WriteAllText(path, "0..4\n\nreverse(0..8)\n");
            Assert.Equal(3, ((SweepResult)othello.Run($"#!sweep --plans \"{path}\" --tokens 61,19 --name s").Variables["s"]).Results.Count);
            File.WriteAllText(path, "0..4\nrevers(0..8)\n");
            Assert.Contains("line 2", Failure($"#!sweep --plans \"{path}\"").Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Pruning_by_angle_drops_the_window_that_turns_the_stream_least()
    {
        FakeHost host = othello.Run("#!prune --count 2 --take 2");
        Model model = (Model)othello.Setup.Variables["model"];
        AngularDistance distance = AngularDistance.Measure(model, ((ToyTask)othello.Setup.Variables["data"]).Data.Take(2).Tokens(model));
        int start = distance.Best(2);
        Assert.Equal(model.Plans.Skip(start..(start + 2)), ((SweepResult)host.Variables["pruning"]).Results[1].Plan);
    }

    [Fact]
    public void Pruning_by_influence_drops_the_blocks_of_lowest_influence()
    {
        FakeHost host = othello.Run("#!prune --count 3 --method influence --take 2");
        LayerPlan plan = ((SweepResult)host.Variables["pruning"]).Results[1].Plan;
        MeasureTable influence = MeasureTable.Compute(((Model)othello.Setup.Variables["model"]).Capture(
            ((ToyTask)othello.Setup.Variables["data"]).Data.Take(2).Tokens((Model)othello.Setup.Variables["model"]),
            new CaptureRequest { Points = ["blocks.*.resid_pre", "blocks.*.resid_post"], Announce = _ => { } }), ["block-influence"]);
        double[] values = influence.Values["block-influence"].Values.Select(v => v.Value).ToArray();
        int[] kept = plan.Executions.Select(LayerPlan.BlockOf).ToArray();
        Assert.Equal(5, kept.Length);
        Assert.True(kept.Min(b => values[b]) >= Enumerable.Range(0, 8).Except(kept).Max(b => values[b]));
    }

    [Fact]
    public void Generation_continues_the_prompt_and_shows_its_text()
    {
        FakeHost host = othello.Run("#!generate --text \"e3 d3\" --max-new 4 --name game");
        Generation game = Assert.IsType<Generation>(host.Variables["game"]);
        Model model = (Model)othello.Setup.Variables["model"];
        Assert.Equal(model.Tokenize("e3 d3").Ids, game.Prompts.Sequences[0]);
        Assert.Equal(4, game.NewTokens[0].Length);
        Assert.Contains(model.Decode(game.NewTokens[0]), host.Text);
        Assert.Contains("(61)", host.Text);
    }

    [Fact]
    public void A_network_is_saved_along_a_plan_with_blocks_merged()
    {
        OthelloSession own = new();
        string folder = Path.Combine(Path.GetTempPath(), $"strata-save-{Guid.NewGuid():N}");
        try
        {
            FakeHost host = own.Run($"#!save \"{folder}\" --plan \"0..6, 7\" --merge 2..4 --name small");
            SavedModel saved = Assert.IsType<SavedModel>(host.Variables["small"]);
            Assert.Equal((folder, 6, "0..6, 7"), (saved.Folder, saved.Blocks, saved.Plan));
            Assert.Contains("6 blocks", host.Text);
            Assert.Contains(host.Reports, step => step.Title == "Saving weights" && step.Done == step.Total);
            Assert.Equal(6, Model.Load(folder).Spec.Blocks);
            Assert.Contains("not empty", Assert.Throws<InvalidFileException>(() => own.Run($"#!save \"{folder}\"")).Message);
            Assert.Contains("\"8\"", Assert.Throws<StrataException>(() => own.Run($"#!save \"{folder}2\" --merge 8")).Message);
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_random_twin_has_the_architecture_and_stays_a_control()
    {
        OthelloSession own = new();
        Model twin = Assert.IsType<Model>(own.Run($"#!model \"{OthelloFolder.Path}\" --random 3").Variables["twin"]);
        Assert.Equal(3, twin.Seed);
        Assert.Equal("model", own.Session.CurrentModel);
        Assert.DoesNotContain("random twin", ((Generation)own.Run("#!generate --tokens 61 --max-new 2").Variables["generation"]).Provenance.Model);
        Assert.Contains("random twin", ((Generation)own.Run("#!generate --tokens 61 --max-new 2 --model twin").Variables["generation"]).Provenance.Model);
    }

    [Fact]
    public void The_report_lists_every_result_with_its_command_and_hashes()
    {
        FakeHost host = othello.Run("#!report");
        Model model = (Model)othello.Setup.Variables["model"];
        Assert.Contains("#!capture --points blocks.*.resid_pre,blocks.*.resid_post", host.Html);
        Assert.Contains(model.Hash[..12], host.Text);
        Assert.Contains(model.Hash, host.Html);
    }

    [Fact]
    public void Hook_points_are_listed_with_their_shapes()
    {
        FakeHost host = othello.Run("#!strata points");
        Assert.Contains("blocks.7.attn.pattern", host.Text);
        Assert.Contains("[8, T, T]", host.Text);
    }

    [Fact]
    public void Every_result_that_a_cell_returns_is_shown_as_its_command_shows_it()
    {
        Model model = (Model)othello.Setup.Variables["model"];
        TokenRows rows = new("opening", [Opening, [.. Opening.Reverse()]]);
        Activations acts = model.Capture(rows, new CaptureRequest { Points = ["blocks.*.resid_post"], Announce = _ => { } });
        object[] drawn =
        [
            LogitLens.Read(model, rows), Sweep.Run(model, rows, model.Plans.DropEach()), AngularDistance.Measure(model, rows), ComparisonMatrix.Compute(acts, acts, "cka"),
            MeasureTable.Compute(acts, ["norm"]), othello.Run("#!probe --labels mover").Variables["probe"], model.Plans.Skip(2..4),
        ];
        object[] written = [model, model.Explain(), model.Tokenize("e3"), rows, othello.Setup.Variables["data"], model.Generate(rows, new GenerationRequest { MaxNew = 2 })];
        Assert.All(drawn.Concat(written), value =>
        {
            MimeBundle bundle = Formatters.Format(value);
            Assert.Contains("strata-", bundle.Renderings[MimeBundle.Html]);
            Assert.DoesNotContain(value.GetType().FullName!, bundle.Renderings[MimeBundle.PlainText]);
            Assert.NotEmpty(bundle.Renderings[MimeBundle.Markdown]);
        });
        Assert.All(drawn, value => Assert.Contains("<img alt=", Formatters.Format(value).Renderings[MimeBundle.Html]));
    }

    [Fact]
    public void Cancellation_stops_the_work_and_declares_nothing()
    {
        FakeHost host = new() { CancelOnProgress = true };
        Assert.ThrowsAny<OperationCanceledException>(() => new MagicCommands(othello.Session).ExecuteAsync("#!sweep --windows --name never", host).GetAwaiter().GetResult());
        Assert.Empty(host.Variables);
    }

    [Theory]
    [InlineData("#!capture --points blocks.*.resid_pots", "No hook point of this model matches \"blocks.*.resid_pots\"")]
    [InlineData("#!capture --points blocks.3.resid_pots", "Did you mean \"blocks.3.resid_post\"")]
    [InlineData("#!capture --pool men", "Did you mean \"mean\"?")]
    [InlineData("#!capture --plan \"0..9\"", "the network has blocks 0..8")]
    [InlineData("#!capture --plan \"revers(0..8)\"", "Did you mean \"reverse\"?")]
    [InlineData("#!capture --positions a", "not a list of positions")]
    [InlineData("#!capture --data nothing", "There is nothing named \"nothing\"")]
    [InlineData("#!capture --data model", "expected a data set, a task or token rows")]
    [InlineData("#!capture --take 0", "expected 1 or more")]
    [InlineData("#!capture --tokens 61,x", "\"x\" is no token id")]
    [InlineData("#!capture --tokens 61,62", "Token id 62 at position 1 is outside the vocabulary")]
    [InlineData("#!capture --tokens 61 --take 3", "stand in place of")]
    [InlineData("#!measure --measure curvatur", "Did you mean \"curvature\"?")]
    [InlineData("#!measure model --measure norm", "\"model\" is a model; expected activations")]
    [InlineData("#!measure --measure norm --form book", "\"book\" is no form of a measure. Did you mean \"textbook\"?")]
    [InlineData("#!compare --with ccaa", "There is no comparison \"ccaa\". Did you mean \"cca\"")]
    [InlineData("#!probe --labels movr", "has no labels \"movr\". Did you mean \"mover\"?")]
    [InlineData("#!probe --labels mover --probe rigde", "Did you mean \"ridge\"?")]
    [InlineData("#!probe --labels mover --data model", "\"model\" is a model; expected a data set or a task")]
    [InlineData("#!lens --tokens 61 --row 1", "rows 0 to 0")]
    [InlineData("#!ablate --plan 0..4 --score legal", "There is no score \"legal\"")]
    [InlineData("#!ablate", "needs a plan (--plan) or a change")]
    [InlineData("#!ablate --plan 0..4 --head 2", "--head narrows a change")]
    [InlineData("#!ablate --zero blocks.3.atn_out", "Did you mean \"blocks.3.attn_out\"")]
    [InlineData("#!ablate --zero blocks.3.attn_out --head 1", "not divided into heads")]
    [InlineData("#!ablate --scale blocks.3.attn_out", "is not GLOB=F")]
    [InlineData("#!sweep --drop-each --stop-when 2", "1.5x after 64")]
    [InlineData("#!ablate --zero blocks.*.mlp_out --each heads --take 1", "write point, head")]
    [InlineData("#!ablate --zero blocks.*.mlp_out --each head --take 1", "has no heads")]
    [InlineData("#!patch --clean \"c4 c3\" --corrupted c4", "of one length")]
    [InlineData("#!patch --clean \"c4 c3\"", "--corrupted TEXT or --corrupted-tokens IDS")]
    [InlineData("#!patch --clean \"c4 c3\" --corrupted \"c4 c5\" --answer \"c4 c3\"", "an answer is one")]
    [InlineData("#!patch --clean \"c4 c3\" --corrupted \"c4 c5\" --foil c4", "with an answer")]
    [InlineData("#!sweep --windows 9", "A window of 9 blocks does not fit")]
    [InlineData("#!sweep --painters 0,2", "is no range of blocks")]
    [InlineData("#!prune --count 8", "drop 1 to 7")]
    [InlineData("#!prune --count 2 --method angle", "--method \"angle\" is not known")]
    [InlineData("#!generate --tokens 61 --max-new 61", "Ask for at most 60")]
    [InlineData("#!generate --tokens 61 --max-new 2 --layers 3", "--layers belongs to --mix")]
    [InlineData("#!generate --tokens 61 --max-new 2 --mix lol", "contrasts with an amateur")]
    [InlineData("#!generate --tokens 61 --max-new 2 --mix dola --layers 7", "Layer 7 cannot be mixed in")]
    [InlineData("#!compare --points embed", "--points belongs to --stream")]
    [InlineData("#!compare --stream --with rsa", "needs all rows at once")]
    [InlineData("#!compare acts --stream", "ACTS needs all rows at once")]
    [InlineData("#!lens --tokens 61 --heads", "--heads belongs to --attribute")]
    [InlineData("#!lens --tokens 61 --patches", "reads texts")]
    [InlineData("#!lens --tokens 61 --positions 5..9", "None of the 1 positions")]
    [InlineData("#!generate --tokens 61 --max-new 1 --temperature -1", "expected 0 or more")]
    public void What_the_model_cannot_do_is_refused_with_what_it_can(string line, string expected) => Assert.Contains(expected, Failure(line).Message);

    private StrataException Failure(string line) => Assert.ThrowsAny<StrataException>(() => othello.Run(line));
}
