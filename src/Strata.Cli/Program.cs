using Strata.Cli.Commands;

return await CliProgram.RunAsync(args, Console.Out, Console.Error);
