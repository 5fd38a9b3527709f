using Strata.Models;

namespace Strata.Notebooks;

/// <summary>Shows failures: the message alone where the user can mend it, type and collapsed stack trace otherwise.</summary>
internal static class ExceptionFormatter
{
    private const int MaxMessage = 8_000;
    private const int MaxStack = 30_000;

    public static MimeBundle Format(Exception exception)
    {
        string message = Escape.Clip(exception.Message, MaxMessage);
        string headline = exception is StrataException ? message : $"{exception.GetType().Name}: {message}";
        string? stack = exception is StrataException ? null : Escape.Clip(exception.ToString(), MaxStack);
        string details = stack is null ? "" : $"<details class=\"strata-details\"><summary>Stack trace</summary><pre>{Escape.Html(stack)}</pre></details>";
        return new MimeBundle(new Dictionary<string, string>
        {
            [MimeBundle.Html] = $"{StrataStyle.Element}<div class=\"strata-output\"><div class=\"strata-error\">{Escape.Html(headline)}</div>{details}</div>",
            [MimeBundle.Markdown] = $"**Error:** {Escape.Markdown(headline)}",
            [MimeBundle.PlainText] = stack ?? headline,
        });
    }
}
