using Xunit;

namespace Strata.Models.Tests.Reference;

/// <summary>Test classes that share the networks of one <see cref="PytorchSuite"/> and one <see cref="Vision.VisionSuite"/>.</summary>
[CollectionDefinition(Name)]
public sealed class PytorchCollection : ICollectionFixture<PytorchSuite>, ICollectionFixture<Vision.VisionSuite>
{
    public const string Name = "PyTorch";
}
