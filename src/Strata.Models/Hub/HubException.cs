namespace Strata.Models;

/// <summary>The hub refused, was not reached, or sent something that cannot be right. The message says what was asked, what came, and what to do; it never holds a token.</summary>
public sealed class HubException : StrataException
{
    /// <summary>A failure with a message for the user.</summary>
    public HubException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
