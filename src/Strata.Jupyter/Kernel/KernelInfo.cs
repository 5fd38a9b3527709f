using System.Reflection;
using System.Text.Json.Nodes;
using Strata.Jupyter.Protocol;

namespace Strata.Jupyter.Kernel;

/// <summary>What the kernel says about itself.</summary>
internal static class KernelInfo
{
    private static readonly string Release = typeof(KernelInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The answer to a <c>kernel_info_request</c>.</summary>
    public static JsonObject Reply() => new()
    {
        ["status"] = "ok",
        ["protocol_version"] = MessageCodec.Version,
        ["implementation"] = "strata",
        ["implementation_version"] = Release,
        ["language_info"] = new JsonObject
        {
            ["name"] = "C#",
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
        },
        ["banner"] = $"Strata {Release}: C# cells and magic commands; #!strata lists them.",
        ["debugger"] = false,
        ["help_links"] = new JsonArray(),
    };
}
