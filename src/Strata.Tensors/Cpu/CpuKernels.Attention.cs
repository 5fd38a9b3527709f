using System.Buffers;
using System.Runtime.CompilerServices;

namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    /// <summary>Rows (queries times heads of a group) of an attention tile.</summary>
    private const int AttentionRows = 144;

    /// <summary>Keys that pass by at a time: few enough that their scores and values stay in the second-level cache.</summary>
    private const int KeysPerBlock = 256;

    public override void Attention(AttentionView attention, ReadOnlySpan<AttentionSegment> segments)
    {
        int queriesPerTile = AttentionTile.QueriesPerTile(attention.Heads);
        int tiles = 0;
        long multiplyAdds = 0;
        foreach (AttentionSegment segment in segments)
        {
            tiles += Divide(segment.QueryCount, queriesPerTile);
            multiplyAdds += MultiplyAdds(attention.Heads, segment);
        }

        AttentionTile[] list = ArrayPool<AttentionTile>.Shared.Rent(tiles);
        int next = 0;
        foreach (AttentionSegment segment in segments)
        {
            for (int first = 0; first < segment.QueryCount; first += queriesPerTile)
                list[next++] = new AttentionTile(segment, first, Math.Min(queriesPerTile, segment.QueryCount - first));
        }

        fixed (AttentionTile* pointer = list) Run(multiplyAdds, tiles * attention.Heads.KeyValueHeads, new AttentionWork(attention, pointer));
        ArrayPool<AttentionTile>.Shared.Return(list);
    }

    public override void AttentionScores(AttentionView attention, AttentionSegment segment)
    {
        int queries = AttentionTile.QueriesPerTile(attention.Heads);
        Run(MultiplyAdds(attention.Heads, segment), Divide(segment.QueryCount, queries) * attention.Heads.KeyValueHeads, new AttentionScoresWork(attention, segment, queries));
    }

    public override void AttentionMix(AttentionView attention, AttentionSegment segment)
    {
        int queries = AttentionTile.QueriesPerTile(attention.Heads);
        Run(MultiplyAdds(attention.Heads, segment), Divide(segment.QueryCount, queries) * attention.Heads.KeyValueHeads, new AttentionMixWork(attention, segment, queries));
    }

    private static long MultiplyAdds(AttentionHeads heads, AttentionSegment segment) =>
        (long)heads.Heads * heads.HeadWidth * segment.QueryCount * segment.KeyCount;

    /// <summary>
    /// Some consecutive queries of a sequence, in all query heads that share a key head. Row r is query <c>First + r / group</c> in the group's head
    /// <c>r % group</c>, so later rows never see fewer keys.
    /// </summary>
    private readonly record struct AttentionTile(AttentionSegment Segment, int First, int Queries)
    {
        public static int QueriesPerTile(AttentionHeads heads) => Math.Max(1, AttentionRows * heads.KeyValueHeads / heads.Heads);

        /// <summary>Tile <paramref name="index"/> of a sequence.</summary>
        public static AttentionTile Of(AttentionSegment segment, int index, int queriesPerTile) =>
            new(segment, index * queriesPerTile, Math.Min(queriesPerTile, segment.QueryCount - (index * queriesPerTile)));

        /// <summary>The first key that a row's sight ends before.</summary>
        public int SightEnd(int row, int group, AttentionHeads heads) =>
            heads.Causal ? PositionOf(row, group) + 1 : heads.Window == 0 ? Segment.KeyCount : Math.Min(Segment.KeyCount, PositionOf(row, group) + heads.Window);

        /// <summary>The first key of a row's window; may be below 0.</summary>
        public int SightStart(int row, int group, AttentionHeads heads) => heads.Window == 0 ? 0 : PositionOf(row, group) + 1 - heads.Window;

        /// <summary>The key at the position of a row's query.</summary>
        public int PositionOf(int row, int group) => Segment.KeyCount - Segment.QueryCount + First + (row / group);
    }

    /// <summary>One tile's view of the operands and its working memory.</summary>
    private readonly ref struct AttentionContext
    {
        private readonly AttentionView _view;
        private readonly AttentionTile _tile;
        private readonly int _keyHead, _group, _width, _paddedWidth;
        private readonly float* _queries, _scores, _mixed, _keys, _values;
        private readonly int* _visible, _hidden;

        public AttentionContext(AttentionView view, AttentionTile tile, int keyHead)
        {
            (_view, _tile, _keyHead) = (view, tile, keyHead);
            int columns = MicroKernel<TSimd>.Columns;
            _group = view.Heads.Heads / view.Heads.KeyValueHeads;
            _width = view.Heads.HeadWidth;
            _paddedWidth = Divide(_width, columns) * columns;
            Rows = tile.Queries * _group;
            long queries = (long)Divide(_width, RowBlock.Depth) * Rows * RowBlock.Depth, scores = (long)Rows * RowBlock.Depth;
            long keys = (long)_width * columns, values = (long)KeysPerBlock * columns, mixed = (long)Rows * _paddedWidth;
            _queries = ThreadScratch.Take(queries + scores + keys + values + mixed + (4L * _width) + (4L * Rows));
            _scores = _queries + queries;
            _keys = _scores + scores;
            _values = _keys + keys;
            _mixed = _values + values;
            ZeroRows = _mixed + mixed;
            Max = ZeroRows + (4L * _width);
            Sum = Max + Rows;
            _visible = (int*)(Sum + Rows);
            _hidden = _visible + Rows;
        }

        public int Rows { get; }

        public float* Max { get; }

        public float* Sum { get; }

        private float* ZeroRows { get; }

        public float* ScoresOf(int row) => _scores + ((long)row * RowBlock.Depth);

        public float* MixedOf(int row) => _mixed + ((long)row * _paddedWidth);

        public int Width => _width;

        /// <summary>Keys of the current block before the end of a row's sight.</summary>
        public int Visible(int row) => _visible[row];

        /// <summary>Keys of the current block that lie before a row's window: the first of those that <see cref="Visible"/> counts.</summary>
        public int Hidden(int row) => _hidden[row];

        /// <summary>Keys of the current block that any row sees.</summary>
        public int VisibleToAny => _visible[Rows - 1];

        /// <summary>Makes keys <paramref name="firstKey"/> .. <paramref name="firstKey"/> + <paramref name="count"/> the current block.</summary>
        public void EnterBlock(int firstKey, int count)
        {
            for (int row = 0; row < Rows; row++)
            {
                _visible[row] = Math.Clamp(_tile.SightEnd(row, _group, _view.Heads) - firstKey, 0, count);
                _hidden[row] = Math.Clamp(_tile.SightStart(row, _group, _view.Heads) - firstKey, 0, _visible[row]);
            }
        }

        /// <summary>Caps the scores of the current block and adds their bias, where a row sees.</summary>
        public void AdjustScores(int firstKey)
        {
            if (!_view.AdjustsScores) return;
            for (int row = 0; row < Rows; row++)
            {
                float* scores = ScoresOf(row) + Hidden(row);
                int count = Visible(row) - Hidden(row);
                if (_view.Heads.SoftCap > 0) SoftCapStretch(scores, count, _view.Heads.SoftCap, scores);
                if (_view.Bias.Address == 0) continue;
                int middle = _view.Heads.BiasByDistance ? (_view.Bias.Columns / 2) - _tile.PositionOf(row, _group) : 0;
                float* bias = _view.Bias.Data + ((long)HeadOf(row) * _view.Bias.Columns) + middle + firstKey + Hidden(row);
                for (int i = 0; i < count; i++) scores[i] += bias[i];
            }
        }

        /// <summary>Offset of a row's head in a row of q or of the result.</summary>
        public long ResultOffset(int row) =>
            ((long)(_tile.Segment.QueryStart + _tile.First + (row / _group)) * _view.Heads.Heads * _width) + ((long)HeadOf(row) * _width);

        /// <summary>Offset of a row in a materialised pattern [heads, queries, keys].</summary>
        public long PatternOffset(int row) =>
            (((long)HeadOf(row) * _tile.Segment.QueryCount) + _tile.First + (row / _group)) * _tile.Segment.KeyCount;

        private int HeadOf(int row) => (_keyHead * _group) + (row % _group);

        /// <summary>Copies the tile's queries, scaled.</summary>
        public void LoadQueries()
        {
            TSimd scale = TSimd.Broadcast(_view.Heads.Scale);
            for (int row = 0; row < Rows; row++)
            {
                float* from = (float*)_view.Q + ResultOffset(row);
                for (int k = 0; k < _width; k += RowBlock.Depth)
                {
                    float* to = _queries + ((((long)k / RowBlock.Depth * Rows) + row) * RowBlock.Depth);
                    int n = Math.Min(RowBlock.Depth, _width - k), i = 0;
                    for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TSimd.Load(from + k + i) * scale, to + i);
                    for (; i < n; i++) to[i] = from[k + i] * _view.Heads.Scale;
                }
            }
        }

        /// <summary>scores = queries · keysᵀ for <paramref name="count"/> keys; columns that no row of a register tile sees are left out.</summary>
        public void ComputeScores(int firstKey, int count)
        {
            int columns = MicroKernel<TSimd>.Columns;
            for (int key = 0; key < VisibleToAny; key += columns)
            {
                PackKeys(firstKey + key, Math.Min(columns, count - key));
                for (int row = 0, tile; row < Rows; row += tile)
                {
                    tile = RowBlock.NextTile(Rows - row, TSimd.TileRows);
                    if (Visible(row + tile - 1) <= key) continue;
                    for (int k = 0; k < _width; k += RowBlock.Depth)
                    {
                        float* a = _queries + ((((long)k / RowBlock.Depth * Rows) + row) * RowBlock.Depth);
                        MicroKernel<TSimd>.Run<Float32Format>(tile, Math.Min(RowBlock.Depth, _width - k), a, (byte*)(_keys + ((long)k * columns)), columns,
                            ScoresOf(row) + key, RowBlock.Depth, k > 0, null);
                    }
                }
            }
        }

        /// <summary>A panel of keys, transposed into the first-level cache; columns past the last key are zero.</summary>
        private void PackKeys(int firstKey, int used)
        {
            int columns = MicroKernel<TSimd>.Columns;
            long stride = (long)_view.Heads.KeyValueHeads * _width;
            float* keys = (float*)_view.K + ((_tile.Segment.KeyStart + firstKey) * stride) + ((long)_keyHead * _width);
            for (int r = 0; r < columns; r += 4)
            {
                if (r + 4 <= used)
                {
                    TransposeFour(keys + (r * stride), stride, _width, _keys + r, columns);
                    continue;
                }

                new Span<float>(ZeroRows, 4 * _width).Clear();
                for (int i = r; i < used; i++) Unsafe.CopyBlockUnaligned(ZeroRows + ((i - r) * _width), keys + (i * stride), (uint)_width * sizeof(float));
                TransposeFour(ZeroRows, _width, _width, _keys + r, columns);
            }
        }

        /// <summary>mixed = (resume ? mixed : 0) + scores · values over the keys that each row sees, and no others: what a later token holds cannot leak.</summary>
        public void MixValues(int firstKey, bool resume)
        {
            int columns = MicroKernel<TSimd>.Columns;
            int stride = _view.Heads.KeyValueHeads * _width;
            float* values = (float*)_view.V + ((long)(_tile.Segment.KeyStart + firstKey) * stride) + ((long)_keyHead * _width);
            for (int column = 0; column < _width; column += columns)
            {
                float* panel = values + column;
                int panelStride = stride;
                if (Rows > TSimd.TileRows || column + columns > _width)
                {
                    CopyValues(panel, stride, Math.Min(columns, _width - column), VisibleToAny);
                    panel = _values;
                    panelStride = columns;
                }

                for (int row = 0, tile; row < Rows; row += tile)
                {
                    tile = RowBlock.NextTile(Rows - row, TSimd.TileRows);
                    MixTile(row, tile, panel, panelStride, column, resume);
                }
            }
        }

        private void MixTile(int row, int tile, float* panel, int stride, int column, bool resume)
        {
            int common = Visible(row);
            MicroKernel<TSimd>.Run<Float32Format>(tile, common, ScoresOf(row), (byte*)panel, stride, MixedOf(row) + column, _paddedWidth, resume, null);
            for (int r = row + 1; r < row + tile; r++)
            {
                int rest = Visible(r) - common;
                if (rest == 0) continue;
                MicroKernel<TSimd>.Run<Float32Format>(1, rest, ScoresOf(r) + common, (byte*)(panel + ((long)common * stride)), stride,
                    MixedOf(r) + column, _paddedWidth, true, null);
            }
        }

        /// <summary>Some columns of the values, close together for the many rows that read them, and padded with zeros to a panel.</summary>
        private void CopyValues(float* from, int stride, int used, int count)
        {
            int columns = MicroKernel<TSimd>.Columns;
            for (int key = 0; key < count; key++)
            {
                Span<float> row = new(_values + ((long)key * columns), columns);
                new ReadOnlySpan<float>(from + ((long)key * stride), used).CopyTo(row);
                row[used..].Clear();
            }
        }
    }

    /// <summary>
    /// Item: a tile in one key head. Keys pass by in blocks; maximum, sum and mixture of each row are brought up to date after each (online softmax).
    /// Blocks begin at fixed keys and a row touches only keys that it sees, so its result is the same alone as among other rows.
    /// </summary>
    private readonly struct AttentionWork(AttentionView view, AttentionTile* tiles) : IWork
    {
        public void Run(int index)
        {
            // Heads of a tile lie together; the last tiles of a sequence, which see the most keys, are among the last items.
            AttentionTile tile = tiles[index / view.Heads.KeyValueHeads];
            AttentionContext context = new(view, tile, index % view.Heads.KeyValueHeads);
            context.LoadQueries();
            for (int row = 0; row < context.Rows; row++) (context.Max[row], context.Sum[row]) = (float.NegativeInfinity, 0f);
            int firstBlock = Math.Max(0, tile.SightStart(0, 1, view.Heads)) / KeysPerBlock * KeysPerBlock;
            for (int key = firstBlock; key < tile.Segment.KeyCount; key += KeysPerBlock)
            {
                int count = Math.Min(KeysPerBlock, tile.Segment.KeyCount - key);
                context.EnterBlock(key, count);
                if (context.VisibleToAny == 0) break;
                context.ComputeScores(key, count);
                context.AdjustScores(key);
                for (int row = 0; row < context.Rows; row++) UpdateRow(in context, row, key > firstBlock);
                context.MixValues(key, key > firstBlock);
            }

            for (int row = 0; row < context.Rows; row++)
                DivideBy(context.MixedOf(row), context.Width, context.Sum[row], (float*)view.Result + context.ResultOffset(row));
        }

        private static void UpdateRow(in AttentionContext context, int row, bool resume)
        {
            // Keys before the window keep their places in the mixture, with weight 0.
            int hidden = context.Hidden(row), visible = context.Visible(row) - hidden;
            float* scores = context.ScoresOf(row) + hidden;
            if (hidden > 0) new Span<float>(context.ScoresOf(row), hidden).Clear();
            if (visible == 0) return;
            float before = context.Max[row], max = Math.Max(before, MaxOf(scores, visible));

            // A row that has seen nothing but −∞ must not turn into NaN by −∞ − (−∞).
            float shift = float.IsNegativeInfinity(max) ? 0f : max;
            float sum = ExpOfDifferences(scores, visible, shift, scores);
            if (resume && max != before)
            {
                float factor = MathF.Exp(before - shift);
                context.Sum[row] *= factor;
                float* mixed = context.MixedOf(row);
                for (int i = 0; i < context.Width; i++) mixed[i] *= factor;
            }

            context.Max[row] = max;
            context.Sum[row] += sum;
        }
    }

    /// <summary>Item: a tile in one key head.</summary>
    private readonly struct AttentionScoresWork(AttentionView view, AttentionSegment segment, int queriesPerTile) : IWork
    {
        public void Run(int index)
        {
            AttentionTile tile = AttentionTile.Of(segment, index / view.Heads.KeyValueHeads, queriesPerTile);
            AttentionContext context = new(view, tile, index % view.Heads.KeyValueHeads);
            context.LoadQueries();
            for (int key = 0; key < segment.KeyCount; key += KeysPerBlock)
            {
                int count = Math.Min(KeysPerBlock, segment.KeyCount - key);
                context.EnterBlock(key, count);
                context.ComputeScores(key, count);
                context.AdjustScores(key);
                for (int row = 0; row < context.Rows; row++)
                {
                    int visible = context.Visible(row);
                    Span<float> target = new((float*)view.Pattern + context.PatternOffset(row) + key, count);
                    new ReadOnlySpan<float>(context.ScoresOf(row), visible).CopyTo(target);
                    target[..context.Hidden(row)].Fill(float.NegativeInfinity);
                    target[visible..].Fill(float.NegativeInfinity);
                }
            }
        }
    }

    /// <summary>Item: a tile in one key head.</summary>
    private readonly struct AttentionMixWork(AttentionView view, AttentionSegment segment, int queriesPerTile) : IWork
    {
        public void Run(int index)
        {
            AttentionTile tile = AttentionTile.Of(segment, index / view.Heads.KeyValueHeads, queriesPerTile);
            AttentionContext context = new(view, tile, index % view.Heads.KeyValueHeads);
            for (int key = 0; key < segment.KeyCount; key += KeysPerBlock)
            {
                int count = Math.Min(KeysPerBlock, segment.KeyCount - key);
                context.EnterBlock(key, count);
                for (int row = 0; row < context.Rows; row++)
                    new ReadOnlySpan<float>((float*)view.Pattern + context.PatternOffset(row) + key, count).CopyTo(new Span<float>(context.ScoresOf(row), count));
                context.MixValues(key, key > 0);
            }

            for (int row = 0; row < context.Rows; row++)
                new ReadOnlySpan<float>(context.MixedOf(row), context.Width).CopyTo(new Span<float>((float*)view.Result + context.ResultOffset(row), context.Width));
        }
    }
}
