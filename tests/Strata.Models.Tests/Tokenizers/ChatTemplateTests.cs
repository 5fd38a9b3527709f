using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>Chat templates against Jinja2, by <c>tests/reference/tokenizers/chat_templates.py</c>; and what hostile ones get.</summary>
public sealed class ChatTemplateTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/data/chat-templates");
    private static readonly DateTime Now = new(2025, 3, 9, 4, 5, 6);

    private const string Tools = """
        [{"type":"function","function":{"name":"get_weather","description":"The \"weather\" of a place.\n","parameters":{"type":"object","properties":{"place":{"type":"string"},"days":{"type":"array","items":{"type":"integer"}}},"required":["place"]},"return":{"type":"number"}}},
         {"type":"function","function":{"name":"now","description":"Time é 日","parameters":{"type":"object","properties":{}}}}]
        """;

    private static readonly string[] Conversations =
    [
        """[{"role":"user","content":"Hello"}]""",
        """[{"role":"system","content":" Be brief. "},{"role":"user","content":"  Hi 日本 😀\n"},{"role":"assistant","content":"Hello!"},{"role":"user","content":"Bye <b>&'\""}]""",
        """[{"role":"user","content":"a"},{"role":"user","content":"b"}]""",
        """[{"role":"system","content":"S"},{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":[{"id":"abcdefghi","type":"function","function":{"name":"get_weather","arguments":{"place":"Ulm","days":[1,2]}}}]},{"role":"tool","tool_call_id":"abcdefghi","content":"12.5"},{"role":"assistant","content":"It is 12.5."},{"role":"user","content":"Thanks"}]""",
        """[{"role":"user","content":"Think"},{"role":"assistant","content":"<think>\nlong\n</think>\n\nShort."},{"role":"user","content":"Again"},{"role":"assistant","content":"<think>x</think>y","tool_calls":[{"function":{"name":"now","arguments":"{}"}}]}]""",
        """[{"role":"user","content":[{"type":"text","text":" Look "},{"type":"image"}]},{"role":"assistant","content":"A cat."}]""",
        """[{"role":"robot","content":"?"}]""",
        """[]""",
    ];

    [SkippableFact]
    public void Templates_of_published_shape_give_what_Jinja2_gives()
    {
        Python.Require("jinja2", "python3-jinja2");
        List<Case> cases = [];
        foreach (string path in Directory.EnumerateFiles(Folder, "*.jinja").Order(StringComparer.Ordinal))
        {
            foreach (string messages in Conversations)
            {
                foreach (bool prompt in (bool[])[false, true])
                {
                    cases.Add(new Case(File.ReadAllText(path), Variables(messages, null, prompt)));
                    cases.Add(new Case(File.ReadAllText(path), Variables(messages, Tools, prompt)));
                }
            }
        }

        Assert.True(cases.Count >= 250);
        Assert.InRange(Compare(cases), 20, cases.Count / 2);
    }

    [SkippableFact]
    public void Every_filter_test_method_and_rule_of_white_space_gives_what_Jinja2_gives()
    {
        Python.Require("jinja2", "python3-jinja2");
        string[] snippets = File.ReadAllText(Path.Combine(Folder, "snippets.txt")).Split("=====\n");
        Assert.Equal(18, Compare([.. snippets.Select(snippet => new Case(snippet, Variables(Conversations[1], null, false)))]));
    }

    [Fact]
    public void The_tokenizer_gives_its_special_tokens_and_the_options_to_the_template()
    {
        Tokenizer tokenizer = WithTemplate("{{ bos_token }}{% for m in messages %}{{ m.role }}:{{ m.content }}{{ m.name }};{% endfor %}{{ tools | length if tools }}{{ mood }}{% if add_generation_prompt %}>{% endif %}");
        ChatMessage[] messages = [new("user", "Hi"), new("tool", null) { More = new JsonObject { ["content"] = "42", ["name"] = "t" } }];
        Assert.Equal("aauser:Hi;tool:42t;1good>", tokenizer.ApplyChatTemplate(messages, addGenerationPrompt: true,
            new ChatTemplateOptions { Tools = new JsonArray(new JsonObject()), Variables = new JsonObject { ["mood"] = "good" } }));
    }

    [Fact]
    public void A_checkpoint_without_a_template_and_unknown_names_are_explained()
    {
        Tokenizer bare = Tokenizer.Parse("""{"model":{"type":"WordLevel","vocab":{"a":0}}}"""u8.ToArray(), null, "tokenizer.json");
        Assert.Contains("has no chat template", Assert.Throws<StrataException>(() => bare.ApplyChatTemplate([])).Message);
        Assert.Contains("Did you mean \"default\"?", Assert.Throws<StrataException>(() => WithTemplate("x").ApplyChatTemplate([], options: new ChatTemplateOptions { Name = "defalt" })).Message);
        Assert.Contains("refuses these messages: roles must alternate", Assert.Throws<StrataException>(() => WithTemplate("{{ raise_exception('roles must alternate') }}").ApplyChatTemplate([])).Message);
        string message = Assert.Throws<StrataException>(() => WithTemplate("a\n{{ x.y }}").ApplyChatTemplate([])).Message;
        Assert.Contains("line 2", message);
        Assert.Contains("\"x\" is undefined", message);
        Assert.Contains("Did you mean \"tojson\"?", Assert.Throws<StrataException>(() => WithTemplate("{{ 1 | tojsn }}").ApplyChatTemplate([])).Message);
    }

    [Theory]
    [InlineData("{% for a in range(1000000) %}{% for b in range(1000000) %}x{% endfor %}{% endfor %}")]
    [InlineData("{{ range(100000000000) | list }}")]
    [InlineData("{{ 'a' * 100000000000 }}")]
    [InlineData("{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}")]
    [InlineData("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}")]
    [InlineData("{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}")]
    [InlineData("{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}")]
    [InlineData("{% set ns = namespace(x=['aaaaaaaaaaaaaaaaaaaaaaaa']) %}{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{{ 9223372036854775807 * 2 }}")]
    [InlineData("{{ 99999999999999999999 }}")]
    [InlineData("{{ 2 ** 100000 }}")]
    [InlineData("{{ 'a'.__class__.__mro__ }}")]
    [InlineData("{% include '/etc/passwd' %}")]
    [InlineData("{% import 'os' as os %}")]
    [InlineData("{{ messages.append(1) }}")]
    public void Hostile_templates_are_refused_in_a_second(string template)
    {
        StrataException refusal = RefusalCost.Of<StrataException>(template, 400_000_000, () => WithTemplate(template).ApplyChatTemplate([]));
        Assert.True(refusal.Message.Length < 500, refusal.Message);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("-", "")]
    [InlineData("not ", "")]
    [InlineData("{1:", "}")]
    public void Deep_nesting_is_refused(string open, string close)
    {
        string template = $"{{{{ {string.Concat(Enumerable.Repeat(open, 10_000))}1{string.Concat(Enumerable.Repeat(close, 10_000))} }}}}";
        Assert.Contains("deep", Assert.Throws<StrataException>(() => WithTemplate(template).ApplyChatTemplate([])).Message);
        string long_chain = $"{{{{ {string.Join(" + ", Enumerable.Repeat("1", 100_000))} }}}}";
        Assert.Contains("deep", Assert.Throws<StrataException>(() => WithTemplate(long_chain).ApplyChatTemplate([])).Message);
        string blocks = string.Concat(Enumerable.Repeat("{% if true %}", 10_000));
        Assert.Contains("deep", Assert.Throws<StrataException>(() => WithTemplate(blocks).ApplyChatTemplate([])).Message);
    }

    private static JsonObject Variables(string messages, string? tools, bool prompt) => new()
    {
        ["messages"] = JsonNode.Parse(messages),
        ["tools"] = tools is null ? null : JsonNode.Parse(tools),
        ["add_generation_prompt"] = prompt,
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
    };

    /// <summary>Renders the cases here and with Jinja2; the number of those that both refuse comes back.</summary>
    private static int Compare(List<Case> cases)
    {
        string folder = Directory.CreateTempSubdirectory("strata-chat-").FullName;
        try
        {
            string input = Path.Combine(folder, "in.json");
            string output = Path.Combine(folder, "out.json");
            File.WriteAllText(input, JsonSerializer.Serialize(cases.Select(c => new { template = c.Template, variables = c.Variables })));
            Python.RunScript("chat_templates.py", input, output);
            string?[] expected = JsonSerializer.Deserialize<string?[]>(File.ReadAllText(output))!;
            for (int i = 0; i < cases.Count; i++)
            {
                string? actual = Render(cases[i], out string? refusal);
                Assert.True(expected[i] == actual, $"template {i}:\n{cases[i].Template}\nwith {cases[i].Variables.ToJsonString()}\ngave     {JsonSerializer.Serialize(actual)} ({refusal})\nexpected {JsonSerializer.Serialize(expected[i])}");
            }

            return expected.Count(text => text is null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? Render(Case entry, out string? refusal)
    {
        try
        {
            refusal = null;
            return new ChatTemplate(entry.Template, "a test").Render(entry.Variables.Select(pair => (pair.Key, JinjaValues.Of(pair.Value))), Now);
        }
        catch (StrataException e)
        {
            refusal = e.Message;
            return null;
        }
    }

    private static Tokenizer WithTemplate(string template) => Tokenizer.Parse("""{"model":{"type":"WordLevel","vocab":{"aa":0}}}"""u8.ToArray(),
        Encoding.UTF8.GetBytes(new JsonObject { ["bos_token"] = "aa", ["chat_template"] = template }.ToJsonString()), "tokenizer.json");

    private sealed record Case(string Template, JsonObject Variables);
}
