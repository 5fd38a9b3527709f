using System.Diagnostics;

namespace Strata.Acceptance.Cluster;

/// <summary>A sweep whose process is killed, again and again, at any moment.</summary>
public sealed class KilledSweepTests : IDisposable
{
    private const int Kills = 50;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-killed-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ASweepThatWasKilledGoesOnAndEndsWithTheSameTable()
    {
        string[] sweep = ["sweep", Repository.Othello, "--data", Repository.Games, "--take", "200", "--windows", "--batch-tokens", "500", "--json"];
        string expected = Table(await Programs.Strata(sweep));
        Random random = new(1);
        int kills = 0, cycle = 0;
        while (kills < Kills)
        {
            // Whatever state the kills have left is finished in the end; then the next sweep begins from nothing.
            string[] kept = [.. sweep, "--results", Path.Combine(_folder.FullName, $"{cycle++}")];
            for (int times = 0; times < 10 && await WasKilled(kept, random.Next(100, 1000)); times++) kills++;
            Assert.Equal(expected, Table(await Programs.Strata(kept)));
        }
    }

    private static async Task<bool> WasKilled(string[] arguments, int milliseconds)
    {
        using Process process = Process.Start(Programs.StartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "strata.dll"), .. arguments]))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(milliseconds));
        bool killed = !process.HasExited;
        if (killed) process.Kill();
        await process.WaitForExitAsync();
        Assert.True(killed || process.ExitCode == 0, await error + await output);
        return killed;
    }

    private static string Table(Finished finished)
    {
        Assert.True(finished.Code == 0, finished.Error);
        return finished.Json.GetProperty("results").GetRawText();
    }
}
