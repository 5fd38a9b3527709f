using Verso.Abstractions;

namespace Strata.Verso;

/// <summary><c>#!strata</c></summary>
[VersoExtension]
public sealed class HelpMagic() : StrataMagic("strata");

/// <summary><c>#!model</c></summary>
[VersoExtension]
public sealed class ModelMagic() : StrataMagic("model");

/// <summary><c>#!data</c></summary>
[VersoExtension]
public sealed class DataMagic() : StrataMagic("data");

/// <summary><c>#!capture</c></summary>
[VersoExtension]
public sealed class CaptureMagic() : StrataMagic("capture");

/// <summary><c>#!measure</c></summary>
[VersoExtension]
public sealed class MeasureMagic() : StrataMagic("measure");

/// <summary><c>#!compare</c></summary>
[VersoExtension]
public sealed class CompareMagic() : StrataMagic("compare");

/// <summary><c>#!lens</c></summary>
[VersoExtension]
public sealed class LensMagic() : StrataMagic("lens");

/// <summary><c>#!probe</c></summary>
[VersoExtension]
public sealed class ProbeMagic() : StrataMagic("probe");

/// <summary><c>#!atlas</c></summary>
[VersoExtension]
public sealed class AtlasMagic() : StrataMagic("atlas");

/// <summary><c>#!ablate</c></summary>
[VersoExtension]
public sealed class AblateMagic() : StrataMagic("ablate");

/// <summary><c>#!sweep</c></summary>
[VersoExtension]
public sealed class SweepMagic() : StrataMagic("sweep");

/// <summary><c>#!prune</c></summary>
[VersoExtension]
public sealed class PruneMagic() : StrataMagic("prune");

/// <summary><c>#!generate</c></summary>
[VersoExtension]
public sealed class GenerateMagic() : StrataMagic("generate");

/// <summary><c>#!save</c></summary>
[VersoExtension]
public sealed class SaveMagic() : StrataMagic("save");

/// <summary><c>#!report</c></summary>
[VersoExtension]
public sealed class ReportMagic() : StrataMagic("report");
