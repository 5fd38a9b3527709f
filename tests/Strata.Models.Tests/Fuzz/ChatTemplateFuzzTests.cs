using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Strata.Models.Tests;

public sealed class ChatTemplateFuzzTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/data/chat-templates");

    private static readonly JsonArray Messages = (JsonArray)JsonNode.Parse(
        """[{"role":"system","content":"S"},{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"abcdefghi","function":{"name":"f","arguments":{"x":1.5}}}]},{"role":"tool","content":"1"}]""")!;

    [Fact]
    public void Damaged_templates_are_refused_or_work()
    {
        byte[][] templates =
        [
            .. Directory.EnumerateFiles(Folder, "*.jinja").Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
            .. File.ReadAllText(Path.Combine(Folder, "snippets.txt")).Split("=====\n").Where(Works).Select(Encoding.UTF8.GetBytes),
        ];
        int refused = FuzzRun.Run(templates, 20_000, seed: 41, (template, number) =>
        {
            try
            {
                Render(Encoding.UTF8.GetString(template));
            }
            catch (StrataException) when (number == 0)
            {
                // Some of the valid ones refuse these messages.
            }
        }, bytesPerByte: 4096, fixedBytes: 64 << 20);
        Assert.InRange(refused, 5_000, 19_000);
    }

    private static bool Works(string template)
    {
        try
        {
            Render(template);
            return true;
        }
        catch (StrataException)
        {
            return false;
        }
    }

    private static void Render(string template) => new ChatTemplate(template, "a test").Render(
        [("messages", JinjaValues.Of(Messages)), ("tools", null), ("add_generation_prompt", true), ("bos_token", "<s>"), ("eos_token", "</s>")], new DateTime(2025, 3, 9));
}
