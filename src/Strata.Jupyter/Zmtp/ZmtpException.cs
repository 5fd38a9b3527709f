namespace Strata.Jupyter.Zmtp;

/// <summary>A peer does not speak ZMTP as it must; its connection is closed.</summary>
/// <param name="message">What it did.</param>
internal sealed class ZmtpException(string message) : Exception(message);
