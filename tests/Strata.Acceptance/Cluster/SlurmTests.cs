namespace Strata.Acceptance.Cluster;

/// <summary>The batch file of docs/cluster.md on a real Slurm.</summary>
public sealed class SlurmTests
{
    [SkippableFact]
    public async Task AJobArrayThatLosesATaskAndItsNodeComesToTheTableOfASingleRun()
    {
        using SlurmCluster cluster = await SlurmCluster.Start();
        string[] sweep = ["sweep", Repository.Othello, "--data", Repository.Games, "--windows"];
        string[] shared = [.. sweep, "--results", cluster.At("results")];
        cluster.AddCommand("strata", $"#!/bin/sh\nexec dotnet {Path.Combine(AppContext.BaseDirectory, "strata.dll")} \"$@\"\n");

        string job = await cluster.Submit(Path.Combine(Repository.Root, "docs", "cluster", "sweep.sbatch"), new Dictionary<string, string>
        {
            ["MODEL"] = Repository.Othello,
            ["DATA"] = Repository.Games,
            ["RESULTS"] = cluster.At("results"),
        });
        await cluster.Until("results come", () => Task.FromResult(Directory.Exists(cluster.At("results"))));
        string[] running = await cluster.Tasks(job, "R");
        if (running.Length > 0) await cluster.Requeue(running[0]);

        Finished early = await Programs.Strata([.. shared, "--merge"]);
        Assert.True(early.Code != 0 && early.Error.Contains("plans are not complete"), early.Output + early.Error);

        await cluster.Until("two tasks run", async () => (await cluster.Tasks(job, "R")).Length == 2);
        cluster.LoseNode();
        await cluster.StartNode();
        await cluster.Finish(job);

        Finished single = await Programs.Strata([.. sweep, "--json"]), merged = await Programs.Strata([.. shared, "--merge", "--json"]);
        Assert.True(merged.Code == 0, merged.Error + cluster.Logs());
        Assert.Equal(single.Json.GetProperty("results").GetRawText(), merged.Json.GetProperty("results").GetRawText());
        // Every one of the eight tasks began, and some more than once.
        Assert.InRange(Directory.GetFiles(cluster.At("results")).Length, 8, 40);
    }
}
