#pragma warning disable CS1591
namespace Strata.Tensors;
public abstract class CpuEngine : TensorEngine { public static CpuEngine Default => null!; }
