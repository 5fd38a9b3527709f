using BenchmarkDotNet.Running;
using Strata.Bench.Peer;
using Strata.Bench.Tokenizers;

// dotnet run -c Release --project bench/Strata.Bench -- peer [ROUNDS] [--no-pytorch]   the speed table
// dotnet run -c Release --project bench/Strata.Bench -- tokenizers                     megabytes of English per second
// dotnet run -c Release --project bench/Strata.Bench -- --filter '*'                   micro-benchmarks
if (args is ["peer", ..])
{
    using PytorchWorker? pytorch = args.Contains("--no-pytorch") ? null : new PytorchWorker(Repository());
    new SpeedTable(pytorch, args.Skip(1).Select(a => int.TryParse(a, out int rounds) ? rounds : 0).Append(7).First(r => r > 0)).Run();
    return 0;
}

if (args is ["tokenizers"])
{
    TokenizerSpeed.Run(Repository());
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;

static string Repository()
{
    string? folder = AppContext.BaseDirectory;
    while (folder is not null && !File.Exists(Path.Combine(folder, "Kernel.sln"))) folder = Path.GetDirectoryName(folder);
    return folder ?? throw new InvalidOperationException("Run from a checkout.");
}
