using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Strata.Cli.Tests.Commands;
using Strata.Notebooks;

namespace Strata.Cli.Tests;

/// <summary>The tool package as a user gets it: packed, installed into a folder of its own, and used from there.</summary>
public sealed class PackageTests : FolderTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task TheToolPackageInstallsRunsNotebooksAndIsAKernel()
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        await Run("dotnet", "pack", Path.Combine(Repository.Root, "src", "Strata.Cli"), "-c", configuration, "--no-build", "-p:StrataReadyToRun=false", "-o", At("packages"));
        string package = Assert.Single(Directory.GetFiles(At("packages"), "*.nupkg"));
        HoldsWhatItNeeds(package);

        // The folder is the only source: nothing is asked for over a network.
        string sources = Write("nuget.config", """<configuration><packageSources><clear/><add key="here" value="packages"/></packageSources></configuration>""");
        await Run("dotnet", "tool", "install", "Strata", "--tool-path", At("tools"), "--configfile", sources);
        string strata = Assert.Single(Directory.GetFiles(At("tools"), "strata*"));

        await RunsANotebook(strata);
        await IsAKernel(strata);
    }

    private static void HoldsWhatItNeeds(string package)
    {
        using ZipArchive zip = ZipFile.OpenRead(package);
        string[] names = zip.Entries.Select(entry => entry.FullName).ToArray();
        Assert.Contains("README.md", names);
        foreach (string name in new[] { "strata.dll", "Strata.Jupyter.dll", "Strata.Models.xml", "Strata.Research.xml", "Strata.Notebooks.xml", "Strata.Tensors.xml", "Microsoft.CodeAnalysis.CSharp.dll" })
            Assert.Contains($"tools/net10.0/any/{name}", names);
        using StreamReader spec = new(zip.GetEntry("Strata.nuspec")!.Open());
        string text = spec.ReadToEnd();
        foreach (string part in new[] { "<id>Strata</id>", "<license type=\"expression\">MIT</license>", "<readme>README.md</readme>", "<tags>jupyter kernel", "name=\"DotnetTool\"" }) Assert.Contains(part, text);
    }

    private async Task RunsANotebook(string strata)
    {
        string notebook = Write("n.ipynb", """
            {"cells":[{"cell_type":"code","execution_count":null,"id":"a","metadata":{},"outputs":[],"source":"Figure.Lines(\"t\", \"x\", \"y\", new LineSeries(\"a\", [0, 1], [1, 2]))"}],
            "metadata":{"language_info":{"name":"C#"}},"nbformat":4,"nbformat_minor":5}
            """);
        await Run(strata, "run", notebook, "--report", At("n.html"));
        string report = File.ReadAllText(At("n.html"));
        Assert.Contains("class=\"strata-figure\"", report);
        Assert.Equal(PlotlyAsset.IsAvailable, report.Length > 1_000_000);
    }

    private async Task IsAKernel(string strata)
    {
        await Run(strata, "jupyter", "install", "--prefix", At("python"));
        using JsonDocument spec = JsonDocument.Parse(File.ReadAllBytes(At("python/share/jupyter/kernels/strata/kernel.json")));
        string[] command = spec.RootElement.GetProperty("argv").EnumerateArray().Select(word => word.GetString()!).ToArray();
        Assert.Equal(strata, command[0]);

        int[] ports = FreePorts(5);
        string connection = Write("connection.json", JsonSerializer.Serialize(new
        {
            transport = "tcp",
            ip = "127.0.0.1",
            key = "a key",
            signature_scheme = "hmac-sha256",
            shell_port = ports[0],
            iopub_port = ports[1],
            stdin_port = ports[2],
            control_port = ports[3],
            hb_port = ports[4],
        }));
        using Process kernel = Process.Start(Programs.StartInfo(command[0], command[1..^1].Append(connection)))!;
        try
        {
            // ZMTP greets with ten bytes of signature: the kernel speaks before it is spoken to.
            byte[] greeting = await Greeting(ports[0]);
            Assert.Equal((0xFF, 0x7F), (greeting[0], greeting[9]));
        }
        finally
        {
            kernel.Kill(entireProcessTree: true);
        }
    }

    private static async Task<byte[]> Greeting(int port)
    {
        using CancellationTokenSource patience = new(Patience);
        while (true)
        {
            using TcpClient client = new();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port, patience.Token);
                byte[] greeting = new byte[10];
                await client.GetStream().ReadExactlyAsync(greeting, patience.Token);
                return greeting;
            }
            catch (SocketException)
            {
                await Task.Delay(100, patience.Token);
            }
        }
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (TcpListener listener in listeners) listener.Start();
        int[] ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (TcpListener listener in listeners) listener.Dispose();
        return ports;
    }

    private static async Task Run(string program, params string[] arguments)
    {
        Finished finished = await Programs.Run(program, arguments);
        Assert.True(finished.Code == 0, $"{program} {string.Join(' ', arguments)}:\n{finished.Output}{finished.Error}");
    }
}
