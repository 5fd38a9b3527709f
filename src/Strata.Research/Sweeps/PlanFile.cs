using Strata.Models;

namespace Strata.Research;

/// <summary>Reads a file of plans: one per line, <c>#</c> begins a comment, blank lines are skipped.</summary>
public static class PlanFile
{
    /// <summary>Larger files are no list of plans.</summary>
    private const long MaxBytes = 64 << 20;

    /// <summary>The plans of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plans">Builders for the network's depth.</param>
    /// <exception cref="InvalidFileException">The file cannot be read, has no plan, or a line is no plan; the message has the line's number.</exception>
    public static IReadOnlyList<LayerPlan> Read(string path, LayerPlans plans)
    {
        List<LayerPlan> result = [];
        string[] lines = ReadLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            string text = lines[i].Split('#')[0].Trim();
            if (text.Length == 0) continue;
            try
            {
                result.Add(plans.Parse(text));
            }
            catch (StrataException e)
            {
                throw new InvalidFileException(path, $"line {i + 1}: {e.Message}", e);
            }
        }

        return result.Count > 0 ? result : throw new InvalidFileException(path, "has no plan; expected one per line, such as 0..4, 8..12.");
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new InvalidFileException(path, $"is larger than {MaxBytes >> 20} MiB, and no list of plans.");
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }
    }
}
