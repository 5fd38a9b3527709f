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
            case Activation.Tanh: ForElements(new ActivateWork<TanhFunction>(x, result, count), count); break;
            case Activation.QuickGelu: ForElements(new ActivateWork<QuickGeluFunction>(x, result, count), count); break;
            case Activation.GeluErf10: ForElements(new ActivateWork<GeluErf10Function>(x, result, count), count); break;
            case Activation.Softplus: ForElements(new ActivateWork<SoftplusFunction>(x, result, count), count); break;
            case Activation.SquaredRelu: ForElements(new ActivateWork<SquaredReluFunction>(x, result, count), count); break;
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
            case Activation.Tanh: ForElements(new GateWork<TanhFunction>(gate, up, result, count), count); break;
            case Activation.QuickGelu: ForElements(new GateWork<QuickGeluFunction>(gate, up, result, count), count); break;
            case Activation.GeluErf10: ForElements(new GateWork<GeluErf10Function>(gate, up, result, count), count); break;
            case Activation.Softplus: ForElements(new GateWork<SoftplusFunction>(gate, up, result, count), count); break;
            case Activation.SquaredRelu: ForElements(new GateWork<SquaredReluFunction>(gate, up, result, count), count); break;
            default: throw UnknownActivation(activation);
        }
    }

    public override void Add(float* a, float* b, float* result, long count) => ForElements(new AddWork(a, b, result, count), count);

    public override void Average(float** tensors, int tensorCount, float* result, long count) =>
        ForElements(new AverageWork(tensors, tensorCount, result, count), count);

    public override void Scale(float* x, float factor, float* result, long count) => ForElements(new ScaleWork(x, factor, result, count), count);

    public override void Clamp(float* x, float low, float high, float* result, long count) => ForElements(new ClampWork(x, low, high, result, count), count);

    public override void SoftCap(float* x, float cap, float* result, long count) => ForElements(new SoftCapWork(x, cap, result, count), count);

    public override void AddRows(RowsView source, int* rows, float* weights, float* result)
    {
        // A row may come several times, so rows are not shared out; a row's columns are too few to be worth it.
        for (int i = 0; i < source.Rows; i++)
        {
            float* from = source.Data + ((long)i * source.Columns), to = result + ((long)rows[i] * source.Columns);
            TSimd weight = TSimd.Broadcast(weights[i]);
            int column = 0;
            for (; column <= source.Columns - TSimd.Width; column += TSimd.Width)
                TSimd.Store(TSimd.Load(to + column) + (TSimd.Load(from + column) * weight), to + column);
            for (; column < source.Columns; column++) to[column] += from[column] * weights[i];
        }
    }

    /// <summary>cap · tanh(x / cap) of a stretch, in place or not.</summary>
    private static void SoftCapStretch(float* from, int n, float cap, float* to)
    {
        TSimd caps = TSimd.Broadcast(cap);
        int i = 0;
        for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(caps * VectorMath<TSimd>.Tanh(TSimd.Load(from + i) / caps), to + i);
        if (i < n) Tail.Store(caps * VectorMath<TSimd>.Tanh(Tail.Load(from + i, n - i) / caps), to + i, n - i);
    }

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
        // Inlined into what a team calls, the function itself would be left out of line.
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* from = x + start, to = result + start;
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TFunction.Apply(TSimd.Load(from + i)), to + i);
            if (i < n) ApplyTail<TFunction>(from + i, n - i, to + i);
        }
    }

    /// <summary>A function of the last elements, kept out of line: inlined twice into one method it would exceed what the compiler inlines, and the loop would call its parts.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ApplyTail<TFunction>(float* from, int n, float* to) where TFunction : struct, IFunction => Tail.Store(TFunction.Apply(Tail.Load(from, n)), to, n);

    private readonly struct GateWork<TFunction>(float* gate, float* up, float* result, long count) : IWork where TFunction : struct, IFunction
    {
        // Inlined into what a team calls, the function itself would be left out of line.
        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* g = gate + start, u = up + start, to = result + start;
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TFunction.Apply(TSimd.Load(g + i)) * TSimd.Load(u + i), to + i);
            if (i == n) return;
            ApplyTail<TFunction>(g + i, n - i, to + i);
            for (; i < n; i++) to[i] *= u[i];
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

    private readonly struct ScaleWork(float* x, float factor, float* result, long count) : IWork
    {
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* from = x + start, to = result + start;
            TSimd factors = TSimd.Broadcast(factor);
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TSimd.Load(from + i) * factors, to + i);
            for (; i < n; i++) to[i] = from[i] * factor;
        }
    }

    private readonly struct ClampWork(float* x, float least, float most, float* result, long count) : IWork
    {
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            float* from = x + start, to = result + start;

            // NaN passes, as it stands second.
            TSimd low = TSimd.Broadcast(least), high = TSimd.Broadcast(most);
            int i = 0;
            for (; i <= n - TSimd.Width; i += TSimd.Width) TSimd.Store(TSimd.Max(low, TSimd.Min(high, TSimd.Load(from + i))), to + i);
            if (i < n) Tail.Store(TSimd.Max(low, TSimd.Min(high, Tail.Load(from + i, n - i))), to + i, n - i);
        }
    }

    private readonly struct SoftCapWork(float* x, float cap, float* result, long count) : IWork
    {
        public void Run(int index)
        {
            (long start, int n) = Stretch(index, count);
            SoftCapStretch(x + start, n, cap, result + start);
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
