using System.Globalization;
using BenchmarkDotNet.Running;
using Strata.Bench;
using Strata.Bench.Kernel;
using Strata.Bench.Load;
using Strata.Bench.Measures;
using Strata.Bench.Peer;
using Strata.Bench.Peer.Rows;
using Strata.Bench.Profile;
using Strata.Bench.Tasks;
using Strata.Bench.Tokenizers;

// dotnet run -c Release --project bench/Strata.Bench -- peer [ROUNDS] [--rows forward,decode] [--no-pytorch]   the speed table, or some groups of its rows
// dotnet run -c Release --project bench/Strata.Bench -- profile [ROUNDS]               where the time of the forward pass goes
// dotnet run -c Release --project bench/Strata.Bench -- tokenizers                     megabytes of English per second
// dotnet run -c Release --project bench/Strata.Bench -- kernel [ROUNDS] [TOOL]         how fast the Jupyter kernel starts, beside ipykernel
// dotnet run -c Release --project bench/Strata.Bench -- load [GB]                      how long a checkpoint takes to load, and its memory
// dotnet run -c Release --project bench/Strata.Bench -- larger [GB] [TOKENS]           a checkpoint three times the memory that the system allows
// dotnet run -c Release --project bench/Strata.Bench -- soak [MINUTES]                 mixed captures and sweeps: resident memory stays flat
// dotnet run -c Release --project bench/Strata.Bench -- measures [ROUNDS] [GAMES]      a battery of 15 measures beside the forward pass
// dotnet run -c Release --project bench/Strata.Bench -- tasks [ROUNDS] [WIDTH]         embedding tasks at 13 layers beside one layer
// dotnet run -c Release --project bench/Strata.Bench -- --filter '*'                   micro-benchmarks
int rounds = args.Skip(1).Select(a => int.TryParse(a, out int number) ? number : 0).Append(7).First(r => r > 0);
if (args is ["peer", ..])
{
    using PythonWorker? pytorch = args.Contains("--no-pytorch") ? null : PythonWorker.PyTorch();
    int at = Array.IndexOf(args, "--rows");
    return new SpeedTable(pytorch, rounds, at >= 0 && at + 1 < args.Length ? args[at + 1].Split(',') : []).Run();
}

if (args is [MemoryRows.Verb])
{
    MemoryRows.RunChild();
    return 0;
}

if (args is ["profile", ..])
{
    ForwardProfile.Run(rounds);
    return 0;
}

if (args is ["kernel", ..])
{
    using PythonWorker jupyter = new(Checkout.File("bench", "jupyter", "kernels.py"), "python3-jupyter-client and python3-ipykernel");
    string? tool = args.Skip(1).FirstOrDefault(a => !int.TryParse(a, out _));
    string[] command = tool is null ? ["dotnet", Checkout.File("src", "Strata.Cli", "bin", "Release", "net10.0", "strata.dll")] : [Path.GetFullPath(tool)];
    new KernelStart(jupyter, command, Checkout.File("data", "othello"), rounds).Run();
    return 0;
}

if (args is ["measures", ..])
{
    int games = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1000;
    new BatterySpeed(Checkout.File("data", "othello"), games, rounds).Run();
    return 0;
}

if (args is ["tasks", ..])
{
    new TaskSpeed(args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 128, args.Length > 1 ? rounds : 3).Run();
    return 0;
}

if (args is ["tokenizers"])
{
    TokenizerSpeed.Run(Checkout.File("tests", "data", "tokenizers"));
    return 0;
}

if (args is ["load", ..])
{
    new LoadTable(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 1, rounds: 5).Run();
    return 0;
}

if (args is ["load-once", string checkpoint])
{
    LoadTable.RunChild(checkpoint);
    return 0;
}

if (args is ["larger", ..])
{
    new LargerThanMemory(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 1.5, args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 128).Run();
    return 0;
}

if (args is ["soak", ..])
{
    new Soak(Checkout.File("data", "othello"), args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 30).Run();
    return 0;
}

if (args is ["larger-once", string larger, string limit, string tokens])
{
    LargerThanMemory.RunChild(larger, long.Parse(limit, CultureInfo.InvariantCulture), int.Parse(tokens, CultureInfo.InvariantCulture));
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
