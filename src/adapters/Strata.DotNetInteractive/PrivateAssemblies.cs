using System.Reflection;
using System.Runtime.Loader;

namespace Strata.DotNetInteractive;

/// <summary>
/// Assemblies of which the host's process holds another version. A process can refer to one version of an assembly by its usual ways; the one that Strata needs
/// lies in the package apart from the others, and is loaded into a context of its own when the usual ways have failed.
/// </summary>
internal static class PrivateAssemblies
{
    // The library lies in lib/net10.0 of the package. Elsewhere (a build, a test) the folder does not exist, and there is nothing to resolve.
    private static readonly string Folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(PrivateAssemblies).Assembly.Location) ?? "", "..", "..", "tools", "net10.0"));

    private static readonly AssemblyLoadContext Apart = new("Strata");

    /// <summary>From now on they are found.</summary>
    public static void Enable() => AppDomain.CurrentDomain.AssemblyResolve += (_, wanted) => Find(new AssemblyName(wanted.Name).Name!);

    private static Assembly? Find(string name)
    {
        string path = Path.Combine(Folder, name + ".dll");
        return File.Exists(path) ? Apart.LoadFromAssemblyPath(path) : null;
    }
}
