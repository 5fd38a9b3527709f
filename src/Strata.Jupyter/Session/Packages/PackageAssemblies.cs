using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Strata.Jupyter.Session.Packages;

/// <summary>
/// Lets the runtime find the assemblies and native libraries of restored packages, for cells and for reflection. A process has each assembly once:
/// the first version that was loaded stays.
/// </summary>
internal static class PackageAssemblies
{
    private static readonly ConcurrentDictionary<string, string> Managed = new(StringComparer.OrdinalIgnoreCase), Native = new(StringComparer.OrdinalIgnoreCase);

    static PackageAssemblies()
    {
        AssemblyLoadContext.Default.Resolving += (context, name) => Managed.TryGetValue(Key(name.Name!, name.CultureName), out string? path) ? context.LoadFromAssemblyPath(path) : null;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => FindNative(name) is { } path ? NativeLibrary.Load(path) : IntPtr.Zero;
    }

    /// <summary>Makes assets known.</summary>
    /// <param name="assets">What was restored.</param>
    /// <param name="takes">Which assemblies, by name; the others are deployed with the process.</param>
    /// <returns>What stands in the way of an asset, for people.</returns>
    public static IReadOnlyList<string> Add(RestoredAssets assets, Func<string, bool> takes)
    {
        List<string> notes = [];
        foreach (string path in assets.Runtime.Where(path => takes(Path.GetFileNameWithoutExtension(path))))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (Loaded(name) is { } loaded && loaded.Location != path && loaded.GetName().Version != AssemblyName.GetAssemblyName(path).Version)
                notes.Add($"{name} {loaded.GetName().Version} is loaded already and stays; restart the kernel to use {AssemblyName.GetAssemblyName(path).Version}.");
            Managed[Key(name, null)] = path;
        }

        foreach ((string culture, string path) in assets.Resources) Managed[Key(Path.GetFileNameWithoutExtension(path), culture)] = path;
        foreach (string path in assets.Native) Native[Path.GetFileName(path)] = path;
        return notes;
    }

    private static Assembly? Loaded(string name) =>
        AssemblyLoadContext.Default.Assemblies.FirstOrDefault(assembly => string.Equals(assembly.GetName().Name, name, StringComparison.OrdinalIgnoreCase));

    private static string Key(string name, string? culture) => string.IsNullOrEmpty(culture) ? name : $"{culture}/{name}";

    /// <summary>A library by the name that code gives it, with the prefix and extension of the platform added where they are left out.</summary>
    private static string? FindNative(string name)
    {
        string[] extensions = OperatingSystem.IsWindows() ? [".dll"] : OperatingSystem.IsMacOS() ? [".dylib", ".so"] : [".so"];
        IEnumerable<string> names = new[] { name }.Concat(extensions.SelectMany(extension => new[] { name + extension, $"lib{name}{extension}" }));
        return names.Select(Native.GetValueOrDefault).FirstOrDefault(path => path is not null);
    }
}
