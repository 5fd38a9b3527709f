namespace Strata.Models;

/// <summary>A failure that the user can mend: the message says what was given, what was expected and what to do. Hosts show the message without a stack trace.</summary>
public class StrataException : Exception
{
    /// <summary>A failure with a message for the user.</summary>
    public StrataException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}

/// <summary>A file from outside (checkpoint, tokenizer, data, notebook) is missing or invalid. The message names the file and the place in it.</summary>
public sealed class InvalidFileException : StrataException
{
    /// <summary>A problem in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong, where, and what was expected.</param>
    /// <param name="inner">What caused it.</param>
    public InvalidFileException(string path, string problem, Exception? inner = null) : base($"{path}: {problem}", inner) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
