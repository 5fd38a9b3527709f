using System.Collections;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>A temporary file of matrices, written once, batch by batch, and read matrix by matrix. It is gone when nobody can read it any more, also where the process is killed.</summary>
internal sealed class ActivationSpill
{
    private readonly string _folder;
    private readonly SafeFileHandle _file;
    private long _length;

    /// <summary>A file in a folder.</summary>
    /// <exception cref="InvalidFileException">It cannot be made there.</exception>
    public ActivationSpill(string folder)
    {
        _folder = folder;
        string path = Path.Combine(folder, $"strata-{Guid.NewGuid():N}.activations");
        try
        {
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None);
            // Elsewhere a file without a name lives as long as it is open.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(folder, $"cannot take the activations that memory has no room for: {e.Message} Name another folder (CaptureRequest.SpillFolder, or TMPDIR), or capture fewer points or pool them.", e);
        }
    }

    /// <summary>Writes a matrix behind those before.</summary>
    /// <exception cref="InvalidFileException">The disk is full or fails.</exception>
    public Piece Append(FloatMatrix matrix)
    {
        Piece piece = new(_length, matrix.Rows, matrix.Columns);
        try
        {
            RandomAccess.Write(_file, MemoryMarshal.AsBytes<float>(matrix.Values), _length);
        }
        catch (IOException e)
        {
            throw new InvalidFileException(_folder, $"cannot take more than {_length:N0} bytes of activations: {e.Message} Free some space, name another folder (CaptureRequest.SpillFolder, or TMPDIR), or capture fewer points or pool them.", e);
        }

        _length += 4L * matrix.Values.Length;
        return piece;
    }

    /// <summary>Reads pieces of equal width into one matrix, one below another.</summary>
    /// <exception cref="InvalidFileException">The disk fails.</exception>
    public FloatMatrix Read(IReadOnlyList<Piece> pieces)
    {
        int rows = pieces.Sum(piece => piece.Rows), columns = pieces[0].Columns, at = 0;
        float[] values = GC.AllocateUninitializedArray<float>(checked(rows * columns));
        foreach (Piece piece in pieces)
        {
            Span<byte> target = MemoryMarshal.AsBytes(values.AsSpan(at, piece.Rows * columns));
            for (int done = 0, read; done < target.Length; done += read)
            {
                read = RandomAccess.Read(_file, target[done..], piece.Start + done);
                if (read == 0) throw new InvalidFileException(_folder, "lost activations that were written there.");
            }

            at += piece.Rows * columns;
        }

        return new FloatMatrix(values, rows, columns);
    }

    /// <summary>Where a matrix, or a part of its rows, lies.</summary>
    /// <param name="Start">First byte.</param>
    /// <param name="Rows">Rows.</param>
    /// <param name="Columns">Columns.</param>
    public readonly record struct Piece(long Start, int Rows, int Columns);
}

/// <summary>The matrices of one hook point in a file: each is read when it is asked for, and not kept.</summary>
internal sealed class SpilledSamples(ActivationSpill file, IReadOnlyList<IReadOnlyList<ActivationSpill.Piece>> matrices) : IReadOnlyList<FloatMatrix>
{
    public int Count => matrices.Count;

    public FloatMatrix this[int index] => file.Read(matrices[index]);

    /// <summary>Rows and columns of a matrix, without reading it.</summary>
    public (int Rows, int Columns) ShapeOf(int index) => (matrices[index].Sum(piece => piece.Rows), matrices[index][0].Columns);

    public IEnumerator<FloatMatrix> GetEnumerator() => matrices.Select(file.Read).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Keeps a capture in a file: one batch at a time is in memory.</summary>
internal sealed class SpillingSink(IReadOnlyList<HookPoint> points, TokenRows rows, Pooling pooling, PositionSelection positions, string folder) : ICaptureSink
{
    private readonly ActivationSpill _file = new(folder);
    private readonly Dictionary<string, List<IReadOnlyList<ActivationSpill.Piece>>> _samples = points.ToDictionary(point => point.Name, _ => new List<IReadOnlyList<ActivationSpill.Piece>>());
    private CaptureBuffer? _batch;

    /// <summary>Begins the batch of so many rows.</summary>
    public void Start(int firstRow, int sequences)
    {
        Flush();
        _batch = new CaptureBuffer(points, rows, pooling, positions, firstRow, sequences);
    }

    public void Store(HookPoint point, Tensor value, BatchRun run, int sequence) => _batch!.Store(point, value, run, sequence);

    /// <summary>All that was captured; ends the last batch.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<FloatMatrix>> Samples()
    {
        Flush();
        return _samples.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<FloatMatrix>)new SpilledSamples(_file, pooling == Pooling.None ? pair.Value : [[.. pair.Value.SelectMany(pieces => pieces)]]));
    }

    private void Flush()
    {
        if (_batch is null) return;
        foreach ((string point, IReadOnlyList<FloatMatrix> samples) in _batch.Samples()) _samples[point].AddRange(samples.Select(sample => new[] { _file.Append(sample) }));
        _batch = null;
    }
}
