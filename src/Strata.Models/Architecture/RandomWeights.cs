using System.Text;
using Strata.Tensors;

namespace Strata.Models;

/// <summary>Draws weights as a family initialises them. Each tensor has a generator of its own, seeded by the seed and its name, so that the order of reading does not matter.</summary>
/// <param name="family">The family.</param>
/// <param name="spec">The architecture.</param>
/// <param name="seed">The seed.</param>
/// <param name="engine">The engine that will hold the tensors.</param>
/// <param name="drew">Told of the bytes of each tensor that is drawn; null for nobody.</param>
internal sealed class RandomWeights(ModelFamily family, ModelSpec spec, long seed, TensorEngine engine, Action<long>? drew = null)
{
    private string? _latestName;
    private Tensor? _latest;

    public Tensor Read(WeightEntry entry)
    {
        // One fused matrix is read several times in a row, with a bias between: draw it once.
        if (entry.Name == _latestName) return _latest!;
        float[] values = new float[entry.Shape.Count];
        switch (entry.Role)
        {
            case WeightRole.Bias or WeightRole.GainLessOne: break;
            case WeightRole.Gain:
                Array.Fill(values, 1f);
                break;
            case WeightRole.DecayLog:
                Decays(entry, values);
                break;
            case WeightRole.Uniform or WeightRole.UniformResidual or WeightRole.StepMap:
                Uniform(entry, values);
                break;
            case WeightRole.StepBias:
                StepBiases(entry, values);
                break;
            default:
                SeededRandom random = new(seed ^ NameSeed(entry.Name));
                float deviation = entry.Deviation ?? family.InitialDeviation(spec, entry);
                for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextGaussian() * deviation;
                break;
        }

        Tensor drawn = engine.FromHost(values, entry.Shape);
        if (entry.Shape.Rank > 1) (_latestName, _latest) = (entry.Name, drawn);
        drew?.Invoke((long)entry.Shape.Count * sizeof(float));
        return drawn;
    }

    private void Decays(WeightEntry entry, float[] values)
    {
        SeededRandom random = new(seed ^ NameSeed(entry.Name));
        bool uniform = spec.StateSpace!.Initialisation.UniformDecays && entry.Shape.Rank == 1;
        for (int i = 0; i < values.Length; i++) values[i] = uniform ? (float)Math.Log(1 + (15 * random.NextDouble())) : MathF.Log(1 + (i % entry.Shape.Columns));
    }

    private void Uniform(WeightEntry entry, float[] values)
    {
        SeededRandom random = new(seed ^ NameSeed(entry.Name));
        float bound = family.InitialBound(spec, entry.Role, entry.Shape.Count / entry.Shape[0]);
        if (entry.Role == WeightRole.StepMap && spec.StateSpace!.Initialisation.ConstantStepMap) Array.Fill(values, bound);
        else for (int i = 0; i < values.Length; i++) values[i] = (float)((2 * random.NextDouble()) - 1) * bound;
    }

    /// <summary>The inverse of softplus of step sizes that are log-uniform in the family's range.</summary>
    private void StepBiases(WeightEntry entry, float[] values)
    {
        SeededRandom random = new(seed ^ NameSeed(entry.Name));
        StateSpaceInitialisation range = spec.StateSpace!.Initialisation;
        for (int i = 0; i < values.Length; i++)
        {
            double step = Math.Max(range.StepFloor, range.MinStep * Math.Pow(range.MaxStep / (double)range.MinStep, random.NextDouble()));
            values[i] = (float)(step + Math.Log(1 - Math.Exp(-step)));
        }
    }

    /// <summary>FNV-1a of the name: stable across machines and versions.</summary>
    private static long NameSeed(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 1099511628211;
        return unchecked((long)hash);
    }
}
