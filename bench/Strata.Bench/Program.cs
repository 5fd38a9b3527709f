using BenchmarkDotNet.Running;
using Strata.Bench.Peer;

// dotnet run -c Release --project bench/Strata.Bench -- peer [ROUNDS] [--no-pytorch]   the speed table
// dotnet run -c Release --project bench/Strata.Bench -- --filter '*'                   micro-benchmarks
if (args is ["peer", ..])
{
    string? repository = AppContext.BaseDirectory;
    while (repository is not null && !File.Exists(Path.Combine(repository, "Kernel.sln"))) repository = Path.GetDirectoryName(repository);
    using PytorchWorker? pytorch = args.Contains("--no-pytorch") ? null : new PytorchWorker(repository ?? throw new InvalidOperationException("Run from a checkout."));
    new SpeedTable(pytorch, args.Skip(1).Select(a => int.TryParse(a, out int rounds) ? rounds : 0).Append(7).First(r => r > 0)).Run();
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
