using System.Numerics.Tensors;
using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Every row times a random matrix of independent normal numbers with variance 1 / dimensions, [rows, dimensions]: lengths and distances stay about what they were
/// (Johnson and Lindenstrauss 1984).
/// </summary>
/// <param name="Dimensions">Columns that remain.</param>
/// <param name="Seed">Equal seeds give equal matrices.</param>
public sealed record ProjectionReducer(int Dimensions, long Seed) : Reducer
{
    /// <inheritdoc/>
    public override string Name => $"project={Dimensions}:{Seed}";

    internal override Reduction Start(int columns, long rows)
    {
        RequirePositive(Dimensions, "The number of dimensions of a projection");
        return new Projection(this, columns, checked((int)rows));
    }

    private sealed class Projection : Reduction
    {
        private readonly double[] _matrix, _row;
        private readonly double[] _values;
        private readonly RowPlace[] _places;
        private readonly int _dimensions;
        private int _count;

        public Projection(ProjectionReducer reducer, int columns, int rows)
        {
            _dimensions = reducer.Dimensions;
            SeededRandom random = new(reducer.Seed);
            _matrix = new double[checked(_dimensions * columns)];
            for (int i = 0; i < _matrix.Length; i++) _matrix[i] = random.NextGaussian() / Math.Sqrt(_dimensions);
            _row = new double[columns];
            _values = new double[checked(rows * _dimensions)];
            _places = new RowPlace[rows];
        }

        public override long Bytes => 8L * (_matrix.Length + _values.Length + _places.Length);

        public override void Add(ReadOnlySpan<float> row, RowPlace place)
        {
            TensorPrimitives.ConvertTruncating(row, _row);
            for (int i = 0; i < _dimensions; i++) _values[(_count * _dimensions) + i] = TensorPrimitives.Dot<double>(_row, _matrix.AsSpan(i * row.Length, row.Length));
            _places[_count++] = place;
        }

        public override (double[] Values, int Rows, int Columns, IReadOnlyList<RowPlace> Places) Result() => (_values, _count, _dimensions, _places);
    }
}

/// <summary>A sample of rows without repetition, each as likely as any other, in the order of the data: [rows of the sample, columns].</summary>
/// <param name="Size">Rows of the sample; all of them where there are fewer.</param>
/// <param name="Seed">Equal seeds give equal samples, whatever the batches.</param>
/// <remarks>Reservoir sampling: Vitter, "Random Sampling with a Reservoir", 1985, algorithm R.</remarks>
public sealed record SampleReducer(int Size, long Seed) : Reducer
{
    /// <inheritdoc/>
    public override string Name => $"sample={Size}:{Seed}";

    internal override Reduction Start(int columns, long rows)
    {
        RequirePositive(Size, "The size of a sample");
        return new Reservoir(checked((int)Math.Min(Size, rows)), columns, Seed);
    }

    private sealed class Reservoir(int size, int columns, long seed) : Reduction
    {
        private readonly SeededRandom _random = new(seed);
        private readonly float[] _values = new float[checked(size * columns)];
        private readonly (long Order, RowPlace Place)[] _places = new (long, RowPlace)[size];
        private long _count;

        public override long Bytes => (4L * _values.Length) + (16L * size);

        public override void Add(ReadOnlySpan<float> row, RowPlace place)
        {
            long at = _count < size ? _count : _random.NextInt(checked((int)(_count + 1)));
            if (at < size)
            {
                row.CopyTo(_values.AsSpan((int)at * columns));
                _places[at] = (_count, place);
            }

            _count++;
        }

        public override (double[] Values, int Rows, int Columns, IReadOnlyList<RowPlace> Places) Result()
        {
            int[] order = [.. Enumerable.Range(0, size).OrderBy(i => _places[i].Order)];
            return ([.. order.SelectMany(i => Enumerable.Range(i * columns, columns).Select(at => (double)_values[at]))], size, columns, [.. order.Select(i => _places[i].Place)]);
        }
    }
}
