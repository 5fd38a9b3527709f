using System.Reflection;
using System.Runtime.Loader;
using Strata.Notebooks;

namespace Strata.Adapters.Tests;

/// <summary>Says of every adapter whether this build holds it: the tests in its folder are compiled only then, so this is where a skipped adapter is seen.</summary>
public class AdapterTests
{
    [SkippableTheory]
    [InlineData("Strata.PlotlyNet")]
    [InlineData("Strata.Deedle")]
    public void Brings_formatters_that_hosts_can_find(string adapter)
    {
        Assembly assembly = Load(adapter);
        AssemblyFormattersAttribute marker = Assert.Single(assembly.GetCustomAttributes<AssemblyFormattersAttribute>());
        ((IAssemblyFormatters)Activator.CreateInstance(marker.Registrar)!).Register();
    }

    [SkippableFact]
    public void Verso_finds_one_extension_per_magic_command()
    {
        Assembly assembly = Load("Strata.Verso");
        Type[] extensions = assembly.GetTypes().Where(type => type.GetCustomAttributes().Any(a => a.GetType().Name == "VersoExtensionAttribute")).ToArray();
        Assert.True(extensions.Length >= MagicCommands.Names.Count, $"{extensions.Length} extensions for {MagicCommands.Names.Count} commands");
    }

    private static Assembly Load(string adapter)
    {
        string? answer = typeof(AdapterTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().SingleOrDefault(a => a.Key == adapter)?.Value;
        Assert.True(answer is not null, $"The build did not say whether {adapter} is built.");
        Skip.If(!answer.EndsWith(": yes", StringComparison.Ordinal), $"{adapter} is not part of this build. {answer}");
        return AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, adapter + ".dll"));
    }
}
