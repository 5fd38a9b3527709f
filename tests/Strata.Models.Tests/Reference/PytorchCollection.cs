using Xunit;

namespace Strata.Models.Tests.Reference;

/// <summary>Test classes that share the networks of one <see cref="PytorchSuite"/>.</summary>
[CollectionDefinition(Name)]
public sealed class PytorchCollection : ICollectionFixture<PytorchSuite>
{
    public const string Name = "PyTorch";
}
