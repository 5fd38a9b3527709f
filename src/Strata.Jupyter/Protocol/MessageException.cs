namespace Strata.Jupyter.Protocol;

/// <summary>A message is dropped: it is malformed, not signed with the connection's key, or was seen before.</summary>
/// <param name="message">Why.</param>
internal sealed class MessageException(string message) : Exception(message);
