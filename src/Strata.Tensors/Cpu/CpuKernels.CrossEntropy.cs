using System.Buffers;

namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    /// <summary>Logits of a row that are held at a time.</summary>
    private const int LogitTile = 512;

    /// <summary>Tiles of an item: few enough that one row keeps all threads busy, and the same for any number of rows.</summary>
    private const int TilesPerChunk = 8;

    public override void CrossEntropy(RowsView hidden, PanelsView unembedding, int* targets, float* losses, int* largest)
    {
        int chunks = Divide(unembedding.Outputs, LogitTile * TilesPerChunk);
        int rowsPerBlock = Math.Max(1, Divide(hidden.Rows, Math.Max(1, Divide(hidden.Rows, RowsPerBlock))));
        PartialLoss[] partials = ArrayPool<PartialLoss>.Shared.Rent(Math.Max(1, hidden.Rows * chunks));
        fixed (PartialLoss* pointer = partials)
        {
            Run((long)hidden.Rows * hidden.Columns * unembedding.Outputs, Divide(hidden.Rows, rowsPerBlock) * chunks, new CrossEntropyWork(hidden, unembedding, targets, pointer, chunks, rowsPerBlock));
            for (int row = 0; row < hidden.Rows; row++)
            {
                PartialLoss total = PartialLoss.None;
                for (int chunk = 0; chunk < chunks; chunk++) total = total.Then(pointer[((long)row * chunks) + chunk]);
                losses[row] = targets[row] < 0 ? 0f : (float)(Math.Log(total.Sum) + total.Max - total.Target);
                largest[row] = total.Largest;
            }
        }

        ArrayPool<PartialLoss>.Shared.Return(partials);
    }

    /// <summary>What a stretch of a row's logits comes to: Sum is Σ e^(logit − Max), Target the target's logit if it lies in the stretch, else 0.</summary>
    private readonly record struct PartialLoss(float Max, double Sum, int Largest, float Target)
    {
        public static PartialLoss None => new(float.NegativeInfinity, 0, 0, 0f);

        /// <summary>This stretch and the one behind it. The first of equal logits stays the largest.</summary>
        public PartialLoss Then(PartialLoss next)
        {
            (float max, int largest) = next.Max > Max ? (next.Max, next.Largest) : (Max, Largest);
            double shift = float.IsNegativeInfinity(max) ? 0 : max;
            double sum = (Sum * Math.Exp(Max - shift)) + (next.Sum * Math.Exp(next.Max - shift));
            return new PartialLoss(max, sum, largest, Target + next.Target);
        }
    }

    /// <summary>Item: a block of rows by a chunk of the vocabulary.</summary>
    private readonly struct CrossEntropyWork(RowsView hidden, PanelsView unembedding, int* targets, PartialLoss* partials, int chunks, int rowsPerBlock) : IWork
    {
        public void Run(int index)
        {
            int columns = MicroKernel<TSimd>.Columns, panels = Divide(unembedding.Outputs, columns);
            int firstRow = index / chunks * rowsPerBlock, chunk = index % chunks;
            int rows = Math.Min(rowsPerBlock, hidden.Rows - firstRow);
            float* logits = ThreadScratch.Take(((long)rows * LogitTile) + ProductScratch(rows));
            for (int row = 0; row < rows; row++) partials[((long)(firstRow + row) * chunks) + chunk] = PartialLoss.None;
            int end = Math.Min(unembedding.Outputs, (chunk + 1) * LogitTile * TilesPerChunk);
            for (int first = chunk * LogitTile * TilesPerChunk; first < end; first += LogitTile)
            {
                int panel = first / columns;
                MultiplyBlock(hidden.Data + ((long)firstRow * hidden.Columns), rows, unembedding, panel, Math.Min(panels, panel + (LogitTile / columns)),
                    logits, LogitTile, logits + ((long)rows * LogitTile));
                for (int row = 0; row < rows; row++)
                {
                    PartialLoss* partial = partials + ((long)(firstRow + row) * chunks) + chunk;
                    *partial = partial->Then(Summarise(logits + ((long)row * LogitTile), first, Math.Min(LogitTile, end - first), targets[firstRow + row]));
                }
            }
        }

        private static PartialLoss Summarise(float* logits, int firstId, int count, int target)
        {
            uint position = (uint)(target - firstId);
            float targetLogit = target >= 0 && position < (uint)count ? logits[position] : 0f;
            float max = MaxOf(logits, count);
            int largest = Math.Max(0, new ReadOnlySpan<float>(logits, count).IndexOf(max));
            double sum = ExpOfDifferences(logits, count, float.IsNegativeInfinity(max) ? 0f : max, logits);
            return new PartialLoss(max, sum, firstId + largest, targetLogit);
        }
    }
}
