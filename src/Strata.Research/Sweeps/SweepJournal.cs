using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// A folder of what sweeps have evaluated. Every run appends to a file of its own, so that any number of them may write at once: one line per plan and batch, written as it
/// comes. The first line says what the others are valid for; files of other weights, data or interventions are passed over. The last line of a run that was killed may be
/// cut off, and is left out.
/// </summary>
internal sealed class SweepJournal : IDisposable
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };

    private readonly Dictionary<(string Plan, int FirstRow, int EndRow), PlanSums> _known = [];
    private readonly string _path;
    private readonly string _header;
    private FileStream? _file;

    /// <summary>Reads what is known.</summary>
    /// <param name="folder">The folder; made when there is something to keep.</param>
    /// <param name="provenance">Weights, data and interventions.</param>
    /// <param name="scorer">Known by its name.</param>
    /// <exception cref="InvalidFileException">A file cannot be read, or a line that is not the last is no result.</exception>
    public SweepJournal(string folder, Provenance provenance, Scorer? scorer)
    {
        _header = JsonSerializer.Serialize(new Header(1, provenance.ModelHash, provenance.DataHash, provenance.Interventions, provenance.Settings, scorer?.Name), Json);
        string kind = $"sweep-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_header)))[..16]}";
        _path = Path.Combine(folder, $"{kind}-{Guid.NewGuid():N}.jsonl");
        if (!Directory.Exists(folder)) return;
        foreach (string path in Directory.EnumerateFiles(folder, $"{kind}-*.jsonl").Order(StringComparer.Ordinal)) Read(path);
    }

    /// <summary>Whether a plan has been evaluated on the rows of a batch.</summary>
    /// <param name="key">The plan's text, and that of changes which are its own.</param>
    /// <param name="firstRow">First row of the batch.</param>
    /// <param name="endRow">Row after its last.</param>
    public bool Knows(string key, int firstRow, int endRow) => _known.ContainsKey((key, firstRow, endRow));

    /// <summary>What is known of a plan on the rows of a batch.</summary>
    public bool TryGet(string key, int firstRow, int endRow, out PlanSums sums) => _known.TryGetValue((key, firstRow, endRow), out sums);

    /// <summary>Keeps the sums of a plan on the rows of a batch: when this returns they outlive the process.</summary>
    /// <exception cref="InvalidFileException">The file cannot be written.</exception>
    public void Append(string key, int firstRow, int endRow, PlanSums sums)
    {
        string line = JsonSerializer.Serialize(new Line(key, firstRow, endRow, sums.Loss, sums.Tokens, sums.Hits, sums.Score, sums.Cases, sums.Rows, sums.RowLoss, sums.RowSquares), Json);
        try
        {
            if (_file is null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
                // Not locked: other runs read while this one writes.
                _file = new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
                line = _header + "\n" + line;
            }

            _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(_path, $"cannot be written: {e.Message} What was written before is kept.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Read(string path)
    {
        using Utf8Lines lines = new(path);
        if (!lines.Next(out ReadOnlySpan<byte> header) || !header.SequenceEqual(Encoding.UTF8.GetBytes(_header))) return;
        string? broken = null;
        while (lines.Next(out ReadOnlySpan<byte> text))
        {
            if (broken is not null) throw new InvalidFileException(path, $"{broken} Remove the line, or the file: what it held is evaluated again.");
            try
            {
                Line line = JsonSerializer.Deserialize<Line>(text, Json)!;
                _known[(line.Plan, line.FirstRow, line.EndRow)] = new PlanSums(line.Loss, line.Tokens, line.Hits, line.Score, line.Cases, line.Rows, line.RowLoss, line.RowSquares);
            }
            catch (Exception e) when (e is JsonException or NullReferenceException)
            {
                broken = $"line {lines.Number} is no result of a sweep: {e.Message}";
            }
        }
    }

    private sealed record Header(int StrataSweep, string? Model, string? Data, IReadOnlyList<string> Interventions, IReadOnlyDictionary<string, string> Settings, string? Scorer);

    private sealed record Line(string Plan, int FirstRow, int EndRow, double Loss, long Tokens, long Hits, double Score, long Cases, long Rows = 0, double RowLoss = 0, double RowSquares = 0);
}
