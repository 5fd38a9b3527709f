using System.CommandLine;
using System.Text;

namespace Strata.Notebooks;

/// <summary>Help of one command: its grammar as the parser describes it, and lines that work.</summary>
internal static class MagicHelp
{
    public static MimeBundle Of(MagicCommand command, ParseResult parsed)
    {
        StringWriter writer = new() { NewLine = "\n" };
        parsed.Invoke(new InvocationConfiguration { Output = writer, Error = writer });
        StringBuilder text = new(writer.ToString().TrimEnd());
        if (command.Examples.Count > 0) text.Append("\n\nExamples:");
        foreach (string example in command.Examples) text.Append("\n  ").Append(example);
        return Formatters.Format(text.ToString());
    }
}
