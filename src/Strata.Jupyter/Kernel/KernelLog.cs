namespace Strata.Jupyter.Kernel;

/// <summary>What the kernel says about itself on standard error: bounded, because whoever can connect can make it speak.</summary>
/// <param name="error">Standard error of the process.</param>
internal sealed class KernelLog(TextWriter error)
{
    private const int MaxLines = 200;

    private int _lines;

    /// <summary>Writes a line.</summary>
    public void Write(string line)
    {
        lock (error)
        {
            if (_lines > MaxLines) return;
            try
            {
                error.WriteLine(_lines++ < MaxLines ? $"strata kernel: {line}" : "strata kernel: further lines are left out.");
            }
            catch (IOException)
            {
                // Nobody reads standard error; the kernel lives on.
            }
        }
    }
}
