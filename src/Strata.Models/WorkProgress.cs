namespace Strata.Models;

/// <summary>How far a long piece of work has come. Reported through <see cref="IProgress{T}"/>; a host draws it and estimates the time left.</summary>
/// <param name="Title">What is being done, for people: <c>Capturing 9 points</c>.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 where that is not known.</param>
/// <param name="Unit">Name of a unit, plural: <c>tokens</c>.</param>
public readonly record struct WorkProgress(string Title, long Done, long Total, string Unit);
