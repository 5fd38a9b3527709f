using Strata.Tensors;

namespace Strata.Models;

/// <summary>What an encoder makes of a whole sequence: its first token through a linear map and a non-linearity (the pooler), then a score per class where it is a classifier.</summary>
/// <param name="Activation">The non-linearity.</param>
/// <param name="Labels">Names of the classes; null for a pooler without classes.</param>
public sealed record SequenceHead(Activation Activation, ValueList<string>? Labels);
