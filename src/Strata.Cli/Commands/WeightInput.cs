using System.CommandLine;
using Strata.Models;

namespace Strata.Cli.Commands;

/// <summary>The options that say how a model's weights stay in memory.</summary>
internal sealed class WeightInput
{
    private readonly Option<string?> _storage = new("--storage")
    {
        Description = "Format of the weights in memory; the checkpoint's own by default. int8 rounds them and takes a quarter of the memory of f32.",
        HelpName = string.Join('|', StorageFormat.Words),
    };

    private readonly Option<string?> _memory = new("--memory")
    {
        Description = "Memory that the weights may take, such as 4GB; blocks beyond it are read when they run, with the same results. All of them where they fit.",
        HelpName = "SIZE",
    };

    /// <summary>The options, for the verb.</summary>
    public Option[] Options => [_storage, _memory];

    /// <summary>What the command line asks for.</summary>
    /// <exception cref="StrataException">There is no such format or amount.</exception>
    public ModelOptions Of(ParseResult parse) => new()
    {
        Storage = parse.GetValue(_storage) is string format ? StorageFormat.Parse("--storage", format) : null,
        MemoryLimit = parse.GetValue(_memory) is string amount ? ByteSize.Parse("--memory", amount) : null,
    };
}
