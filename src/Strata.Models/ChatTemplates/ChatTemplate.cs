using System.Text.Json.Nodes;

namespace Strata.Models;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c>, as the template knows it.</param>
/// <param name="Content">What is said; null where the message holds something else, such as calls of tools.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>Other fields of the message that the template knows, such as <c>tool_calls</c> or <c>name</c>; one named <c>content</c> replaces <see cref="Content"/>.</summary>
    public JsonObject? More { get; init; }
}

/// <summary>What a chat template may be given beside the messages.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>Which template, where the tokenizer has several; null for <c>tool_use</c> when there are tools and such a template, else <c>default</c>.</summary>
    public string? Name { get; init; }

    /// <summary>Descriptions of tools that the model may call, as JSON schemas; null for none.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>Other variables of the template, such as <c>enable_thinking</c>.</summary>
    public JsonObject? Variables { get; init; }

    /// <summary>The time that <c>strftime_now</c> sees; null for now.</summary>
    public DateTime? Now { get; init; }
}

/// <summary>
/// A chat template: how a conversation is written as one text. It is a program in the part of Jinja that published templates use, run in a sandbox: it sees the values that it is
/// given and nothing else, and its steps, its depth and its text are bounded.
/// </summary>
public sealed class ChatTemplate
{
    private const int MaxSource = 1 << 20;

    private readonly Lazy<JinjaNode[]> _nodes;
    private readonly string _place;

    internal ChatTemplate(string source, string place)
    {
        Source = source;
        _place = place;
        _nodes = new Lazy<JinjaNode[]>(() => source.Length <= MaxSource ? JinjaParser.Parse(source) : throw new JinjaException(1, $"it has {source.Length:N0} characters; at most {MaxSource:N0} are read"));
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Writes a conversation as a text.</summary>
    /// <param name="variables">The variables that the template sees.</param>
    /// <param name="now">The time that it sees.</param>
    /// <exception cref="StrataException">The template is not valid, refuses the messages, or takes too long; the message names the line.</exception>
    internal string Render(IEnumerable<(string Name, object? Value)> variables, DateTime now)
    {
        try
        {
            return new JinjaInterpreter(variables, now).Run(_nodes.Value);
        }
        catch (JinjaException e) when (e.Raised)
        {
            throw new StrataException($"The chat template of {_place} refuses these messages: {Excerpt.Message(e)}", e);
        }
        catch (JinjaException e)
        {
            throw new StrataException($"The chat template of {_place}{(e.Line > 0 ? $", line {e.Line}" : "")}: {Excerpt.Message(e)}.", e);
        }
    }

    /// <summary>The mapping that a template sees of a message.</summary>
    internal static object? Value(ChatMessage message)
    {
        JinjaMap map = JinjaValues.Map([("role", message.Role)]);
        if (message.Content is not null || message.More?.ContainsKey("content") != true) map.Set("content", message.Content);
        foreach ((string name, JsonNode? value) in message.More ?? []) map.Set(name, JinjaValues.Of(value));
        return map;
    }
}
