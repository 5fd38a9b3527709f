using System.Runtime.CompilerServices;

namespace Strata.Tensors.Cpu;

internal sealed unsafe partial class CpuKernels<TSimd>
{
    public override void Activate(float* x, Activation activation, float* result, long count)
    {
        switch (activation)
        {
            case Activation.GeluErf: ForElements(new ActivateWork<GeluErfFunction>(x, result, count), count); break;
            case Activation.GeluTanh: ForElements(new ActivateWork<GeluTanhFunction>(x, result, count), count); break;
            case Activation.Silu: ForElements(new ActivateWork<SiluFunction>(x, result, count), count); break;
            case Activation.Relu: ForElements(new ActivateWork<ReluFunction>(x, result, count), count); break;
            default: throw UnknownActivation(activation);
        }
    }

    public override void Gate(float* gate, float* up, Activation activation, float* result, long count)
    {
        switch (activation)
        {
            case Activation.GeluErf: ForElements(new GateWork<GeluErfFunction>(gate, up, result, count), count); break;
            case Activation.GeluTanh: ForElements(new GateWork<GeluTanhFunction>(gate, up, result, count), count); break;
            case Activation.Silu: ForElements(new GateWork<SiluFunction>(gate, up, result, count), count); break;
            case Activation.Relu: ForElements(new GateWork<ReluFunction>(gate, up, result, count), count); break;
            default: throw UnknownActivation(activation);
        }
    }

    public override void Add(float* a, float* b, float* result, long count) => ForElements(new AddWork(a, b, result, count), count);

    public override void Average(float** tensors, int tensorCount, float* result, long count) =>
        ForElements(new AverageWork(tensors, tensorCount, result, count), count);

    private void ForElements<TWork>(TWork work, long count) where TWork : unmanaged, IWork =>
        team.Run((int)((count + ElementsPerItem - 1) / ElementsPerItem), work);

    private static ArgumentOutOfRangeException UnknownActivation(Activation activation) =>
        new(nameof(activation), activation, $"Unknown activation; expected one of {string.Join(", ", Enum.GetNames<Activation>())}.");

    /// <summary>The elements of an item.</summary>
    private static (long Start, int Count) Stretch(int index, long count)
    {
        long start = (long)index * ElementsPerItem;
        return (start, (int)Math.Min(ElementsPerItem, count - start));
    }

    private readonly struct ActivateWork<TFunction>(float* x, float* result, long count) : IWork where TFunction : struct, IFunction
    {
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* from = x + start, to = result + start;
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TFunction.Apply(TSimd.Load(from + i)), to + i);
            if (i < n) Tail.Store(TFunction.Apply(Tail.Load(from + i, n - i)), to + i, n - i);
        }
    }

    private readonly struct GateWork<TFunction>(float* gate, float* up, float* result, long count) : IWork where TFunction : struct, IFunction
    {
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* g = gate + start, u = up + start, to = result + start;
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TFunction.Apply(TSimd.Load(g + i)) * TSimd.Load(u + i), to + i);
            if (i < n) Tail.Store(TFunction.Apply(Tail.Load(g + i, n - i)) * Tail.Load(u + i, n - i), to + i, n - i);
        }
    }

    private readonly struct AddWork(float* a, float* b, float* result, long count) : IWork
    {
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* left = a + start, right = b + start, to = result + start;
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TSimd.Load(left + i) + TSimd.Load(right + i), to + i);
            for (; i < n; i++) to[i] = left[i] + right[i];
        }
    }

    private readonly struct AverageWork(float** tensors, int tensorCount, float* result, long count) : IWork
    {
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* to = result + start;
            TSimd divisor = TSimd.Broadcast(tensorCount);
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width)
            {
                TSimd sum = TSimd.Load(tensors[0] + start + i);
                for (int t = 1; t < tensorCount; t++) sum += TSimd.Load(tensors[t] + start + i);
                TSimd.Store(sum / divisor, to + i);
            }

            for (; i < n; i++)
            {
                float sum = tensors[0][start + i];
                for (int t = 1; t < tensorCount; t++) sum += tensors[t][start + i];
                to[i] = sum / tensorCount;
            }
        }
    }

    /// <summary>The last elements of a stretch, fewer than a register holds: computed in a register too, so that an element never depends on where it stands.</summary>
    private static class Tail
    {
        // Inlined, lest the loop before the tail spills its registers around a call.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TSimd Load(float* address, int count, float padding = 0f)
        {
            Unsafe.SkipInit(out Lanes lanes);
            for (int i = 0; i < TSimd.Width; i++) lanes.Values[i] = i < count ? address[i] : padding;
            return TSimd.Load(lanes.Values);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(TSimd value, float* address, int count)
        {
            Unsafe.SkipInit(out Lanes lanes);
            TSimd.Store(value, lanes.Values);
            for (int i = 0; i < count; i++) address[i] = lanes.Values[i];
        }

        private struct Lanes
        {
            public fixed float Values[16];
        }
    }
}
