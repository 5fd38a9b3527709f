using Strata.Models;
using Xunit;

namespace Strata.Notebooks.Tests;

public sealed class MagicLineTests
{
    public static TheoryData<string> Commands => [.. MagicCommands.Names.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_line_with_the_word_of_a_command_is_magic(string command)
    {
        Assert.True(MagicCommands.IsMagic(command));
        Assert.True(MagicCommands.IsMagic($"  {command}\t--help "));
        Assert.False(MagicCommands.IsMagic(command + "x"));
        Assert.False(MagicCommands.IsMagic(command[2..]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!")]
    [InlineData("#!csharp")]
    [InlineData("var x = 1; // #!model")]
    public void Other_lines_are_not(string line) => Assert.False(MagicCommands.IsMagic(line));

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_help_as_output(string command)
    {
        FakeHost host = new();
        await new MagicCommands(new StrataSession()).ExecuteAsync($"{command} --help", host);
        MimeBundle output = Assert.Single(host.Outputs);
        string text = output.Renderings[MimeBundle.PlainText];
        Assert.Contains(MagicCommands.Names.Single(c => c.Name == command).Summary, string.Join(" ", text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        Assert.All(text.Split('\n').TakeWhile(l => l != "Examples:"), line => Assert.InRange(line.Length, 0, 100));
        Assert.Contains($"{command} ", text);
        Assert.Contains("Examples:", text);
        Assert.Empty(host.Variables);
    }

    [Fact]
    public async Task Help_names_every_option_of_a_capture()
    {
        FakeHost host = new();
        await new MagicCommands(new StrataSession()).ExecuteAsync("#!capture --help", host);
        Assert.All(["--points", "--pool", "--positions", "--plan", "--take", "--name", "--model", "--data", "--text", "--tokens"], option => Assert.Contains(option, host.Text));
    }

    [Theory]
    [InlineData("#!captrue --take 3", "There is no command \"#!captrue\". Did you mean \"#!capture\"?")]
    [InlineData("#!capture --poinst x", "#!capture has no option \"--poinst\". Did you mean \"--points\"?")]
    [InlineData("#!capture --poinst=x", "#!capture has no option \"--poinst\". Did you mean \"--points\"?")]
    [InlineData("#!model --storag f16", "#!model has no option \"--storag\". Did you mean \"--storage\"?")]
    [InlineData("#!compare --wiht cka", "#!compare has no option \"--wiht\". Did you mean \"--with\"?")]
    [InlineData("#!measure --mesure norm", "#!measure has no option \"--mesure\". Did you mean \"--measure\"?")]
    [InlineData("#!capture --points", "--points")]
    [InlineData("#!model a b", "does not expect \"b\" here; values with spaces need double quotes. See #!model --help.")]
    [InlineData("#!model", "Required argument 'FOLDER' missing")]
    [InlineData("#!capture --take many", "Cannot parse argument 'many' for option '--take': a whole number is expected. See #!capture --help.")]
    [InlineData("#!generate --max-new 1 --temperature hot", "'--temperature': a number is expected.")]
    [InlineData("#!measure acts", "--measure")]
    [InlineData("#!generate --text x", "--max-new")]
    public async Task A_line_that_does_not_parse_is_one_message_with_a_suggestion(string line, string expected) => Assert.Contains(expected, await FailureOf(line));

    [Theory]
    [InlineData("#!capture --name 1x", "\"1x\" cannot name a result")]
    [InlineData("#!capture", "There is nothing named \"model\"; expected a model: load one with #!model FOLDER.")]
    [InlineData("#!measure acts --measure norm", "There is nothing named \"acts\"; expected activations")]
    [InlineData("#!data", "Give a file")]
    [InlineData("#!data --task othelo --count 3", "There is no task \"othelo\". Did you mean \"othello\"?")]
    [InlineData("#!data --task othello", "needs --count")]
    [InlineData("#!data x.jsonl --task brackets", "made, not read")]
    [InlineData("#!data missing.jsonl", "missing.jsonl")]
    [InlineData("#!data x.jsonl --count 3", "--take")]
    [InlineData("#!data --task modular-addition --modulus 5 --count 25", "there are 25 sums modulo 5")]
    [InlineData("#!model nowhere", "nowhere")]
    [InlineData("#!model x --random 1 --storage f16", "--storage does not go with --random")]
    [InlineData("#!sweep", "none was given")]
    [InlineData("#!sweep --drop-each --windows 2", "--drop-each and --windows were given")]
    [InlineData("#!report", "no results yet")]
    [InlineData("#!strata plan", "Did you mean \"plans\"?")]
    [InlineData("#!lens --show prob", "--show \"prob\" is not known")]
    public async Task A_command_that_cannot_run_says_what_would(string line, string expected) => Assert.Contains(expected, await FailureOf(line));

    [Fact]
    public async Task A_value_that_begins_with_an_at_sign_is_no_response_file() =>
        Assert.Contains("nothing named \"model\"", await FailureOf("#!generate --max-new 1 --text \"@/etc/hostname\""));

    [Fact]
    public async Task Help_lists_commands_plans_and_measures()
    {
        FakeHost host = new();
        MagicCommands magics = new(new StrataSession());
        await magics.ExecuteAsync("#!strata", host);
        Assert.All(MagicCommands.Names, c => Assert.Contains(c.Name, host.Text));
        await magics.ExecuteAsync("#!strata plans", host);
        Assert.Contains("parallel(4..8)*3", host.Text);
        await magics.ExecuteAsync("#!strata measures", host);
        Assert.Contains("two-nn", host.Text);
    }

    [Fact]
    public void Every_plan_in_the_help_is_a_plan()
    {
        FakeHost host = new();
        new MagicCommands(new StrataSession()).ExecuteAsync("#!strata plans", host);
        string[] plans = host.Text.Split('\n').Skip(2).TakeWhile(l => !l.StartsWith("Note", StringComparison.Ordinal)).Select(l => l.Split("  ")[0].Split(" or ")[0]).ToArray();
        Assert.Equal(9, plans.Length);
        Assert.All(plans, text => LayerPlan.Parse(text, 12));
    }

    private static async Task<string> FailureOf(string line)
    {
        FakeHost host = new();
        StrataException failure = await Assert.ThrowsAnyAsync<StrataException>(() => new MagicCommands(new StrataSession()).ExecuteAsync(line, host));
        Assert.Empty(host.Outputs);
        return failure.Message;
    }
}
