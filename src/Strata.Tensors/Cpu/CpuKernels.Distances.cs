namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    public override void AddByDistance(DistanceView distances) =>
        Run((long)distances.Heads * distances.Length * distances.Length, distances.Heads * distances.Length, new DistanceWork(distances));

    /// <summary>Item: a query in a head.</summary>
    private readonly struct DistanceWork(DistanceView view) : IWork
    {
        public void Run(int index)
        {
            int head = index / view.Length, query = index % view.Length;
            float* scores = view.Scores + ((long)index * view.Length);
            int* rows = view.Middle + query;
            if (view.OfQueries.Address != 0)
            {
                float* terms = view.OfQueries.Data + ((long)index * view.OfQueries.Columns);
                for (int key = 0; key < view.Length; key++) scores[key] += terms[rows[-key]];
            }

            if (view.OfKeys.Address == 0) return;
            float* ofKey = view.OfKeys.Data + ((long)head * view.Length * view.OfKeys.Columns);
            for (int key = 0; key < view.Length; key++, ofKey += view.OfKeys.Columns) scores[key] += ofKey[rows[-key]];
        }
    }
}
