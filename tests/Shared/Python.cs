using System.Diagnostics;

namespace Strata;

/// <summary>Debian's Python with the packages that some references need.</summary>
internal static class Python
{
    public const string Interpreter = "/usr/bin/python3";

    /// <summary>Skips the test where a module is missing; with CI=true it fails.</summary>
    public static void Require(string module, string package)
    {
        string? problem = Run("-c", $"import {module}");
        Needed.Require(problem is null, $"{module} is not installed for {Interpreter} (apt-get install {package}): {problem}");
    }

    /// <summary>Runs a script of <c>tests/reference/tokenizers</c>.</summary>
    public static void RunScript(string name, params string[] arguments) => RunReference($"tokenizers/{name}", arguments);

    /// <summary>Runs a script of <c>tests/reference</c>.</summary>
    public static void RunReference(string name, params string[] arguments)
    {
        string script = Path.Combine(Repository.Root, "tests/reference", name);
        if (Run([script, .. arguments]) is { } failed) throw new InvalidOperationException($"{name} failed: {failed}");
    }

    /// <summary>Runs Python; null when it succeeded, else what it said.</summary>
    public static string? Run(params string[] arguments)
    {
        if (!File.Exists(Interpreter)) return "there is no such interpreter";
        ProcessStartInfo start = new(Interpreter, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        output.Wait();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : errors.Trim();
    }
}
