using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Strata.Acceptance.Cluster;

/// <summary>A Slurm cluster of one node in a folder: munged, slurmctld and slurmd with ports, keys and files of their own, stopped with the test.</summary>
internal sealed class SlurmCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string[] Tools = ["/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/bin/sbatch", "/usr/bin/squeue", "/usr/bin/scontrol", "/usr/bin/sinfo"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("strata-slurm-");
    private readonly Dictionary<string, string> _environment = [];

    private SlurmCluster()
    {
        string name = Environment.MachineName.Split('.')[0];
        foreach (string part in new[] { "state", "spool", "log", "bin" }) _folder.CreateSubdirectory(part);
        int[] ports = FreePorts(2);
        File.WriteAllText(At("slurm.conf"), $"""
            ClusterName=strata
            SlurmctldHost={name}(127.0.0.1)
            SlurmUser=root
            SlurmdUser=root
            AuthType=auth/munge
            AuthInfo=socket={At("munge.socket")}
            SlurmctldPort={ports[0]}
            SlurmdPort={ports[1]}
            StateSaveLocation={At("state")}
            SlurmdSpoolDir={At("spool")}
            SlurmctldPidFile={At("slurmctld.pid")}
            SlurmdPidFile={At("slurmd.pid")}
            SlurmctldLogFile={At("log/slurmctld")}
            SlurmdLogFile={At("log/slurmd")}
            ProctrackType=proctrack/pgid
            TaskPlugin=task/none
            MpiDefault=none
            MailProg=/bin/true
            SelectType=select/cons_res
            SelectTypeParameters=CR_CPU
            ReturnToService=2
            SlurmdTimeout=10
            KillWait=2
            SchedulerParameters=sched_interval=2,batch_sched_delay=0
            NodeName={name} NodeAddr=127.0.0.1 CPUs=2 RealMemory=100 State=UNKNOWN
            PartitionName=all Nodes={name} Default=YES MaxTime=INFINITE State=UP
            """);
        _environment["SLURM_CONF"] = At("slurm.conf");
        _environment["PATH"] = $"{At("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    /// <summary>Starts a cluster. Where Slurm is not installed, or the tests are not root, the test is skipped, and on a build server (CI=true) it fails.</summary>
    public static async Task<SlurmCluster> Start()
    {
        Needed.Require(Tools.All(File.Exists), "Slurm is not installed (Debian: slurmctld slurmd slurm-client munge)");
        Needed.Require(Environment.UserName == "root", "Slurm's daemons need root");
        SlurmCluster cluster = new();
        try
        {
            await File.WriteAllBytesAsync(cluster.At("munge.key"), Enumerable.Range(0, 128).Select(_ => (byte)Random.Shared.Next(256)).ToArray());
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(cluster.At("munge.key"), UnixFileMode.UserRead);
            await cluster.Run("/usr/sbin/munged", "--force", $"--socket={cluster.At("munge.socket")}", $"--key-file={cluster.At("munge.key")}", $"--log-file={cluster.At("log/munge")}",
                $"--pid-file={cluster.At("munge.pid")}", $"--seed-file={cluster.At("munge.seed")}");
            await cluster.Run("/usr/sbin/slurmctld", "-c", "-f", cluster.At("slurm.conf"));
            await cluster.StartNode();
            await cluster.Until("the node is idle", async () => await cluster.Try("/usr/bin/sinfo", "-h", "-o", "%T") == "idle");
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>A file in the cluster's folder, which its jobs see.</summary>
    public string At(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Puts a command on the path of the jobs.</summary>
    public void AddCommand(string name, string script)
    {
        string path = At($"bin/{name}");
        File.WriteAllText(path, script);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>Submits a batch file.</summary>
    /// <returns>The job's number.</returns>
    public async Task<string> Submit(string file, IReadOnlyDictionary<string, string> variables)
    {
        foreach ((string name, string value) in variables) _environment[name] = value;
        return (await Run("/usr/bin/sbatch", "--parsable", $"--chdir={_folder.FullName}", file)).Trim();
    }

    /// <summary>Tasks of a job in a state, as JOB_INDEX.</summary>
    public async Task<string[]> Tasks(string job, string state) =>
        (await Run("/usr/bin/squeue", "-h", "-r", "-j", job, "-t", state, "-o", "%i")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Kills a running task and sends it back into the queue.</summary>
    public Task Requeue(string task) => Run("/usr/bin/scontrol", "requeue", task);

    /// <summary>Takes the node away: its daemon and all that runs there are killed.</summary>
    public void LoseNode() => Kill(daemonsToo: false);

    /// <summary>Starts the node's daemon.</summary>
    public Task StartNode() => Run("/usr/sbin/slurmd", "-f", At("slurm.conf"));

    /// <summary>Waits for a job; what was sent back, which would wait for two minutes, begins at once.</summary>
    public Task Finish(string job) => Until("the job is done", async () =>
    {
        string[] waiting = (await Try("/usr/bin/squeue", "-h", "-r", "-j", job, "-t", "PD", "-o", "%i %r")).Split('\n').Where(line => line.EndsWith("BeginTime", StringComparison.Ordinal)).ToArray();
        foreach (string line in waiting) await Try("/usr/bin/scontrol", "update", $"JobId={line.Split(' ')[0]}", "StartTime=now");
        return waiting.Length == 0 && (await Try("/usr/bin/squeue", "-h", "-t", "PD,R,CG", "-o", "%i")).Length == 0;
    });

    /// <summary>Waits until something is so.</summary>
    /// <exception cref="TimeoutException">It never was; the message has what the daemons wrote.</exception>
    public async Task Until(string what, Func<Task<bool>> isSo)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!await isSo())
        {
            if (time.Elapsed > Patience) throw new TimeoutException($"Not within {Patience.TotalMinutes} minutes: {what}.\n{Logs()}");
            await Task.Delay(100);
        }
    }

    /// <summary>What daemons and tasks wrote.</summary>
    public string Logs() => string.Join('\n', _folder.GetFiles("*.log").Concat(_folder.GetFiles("log/*")).Select(file => $"== {file.Name}\n{string.Join('\n', File.ReadLines(file.FullName).TakeLast(20))}"));

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill(daemonsToo: true);
        _folder.Delete(recursive: true);
    }

    private async Task<string> Run(string program, params string[] arguments)
    {
        Finished finished = await Programs.Run(program, arguments, _folder.FullName, _environment);
        return finished.Code == 0 ? finished.Output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {finished.Error}\n{Logs()}");
    }

    /// <summary>What a command says; nothing while the daemon that it asks is not there yet.</summary>
    private async Task<string> Try(string program, params string[] arguments)
    {
        Finished finished = await Programs.Run(program, arguments, _folder.FullName, _environment);
        return finished.Code == 0 ? finished.Output.Trim() : "unknown";
    }

    /// <summary>All processes of the cluster inherit the path of its configuration; no other process has it.</summary>
    private void Kill(bool daemonsToo)
    {
        byte[] mark = System.Text.Encoding.UTF8.GetBytes($"SLURM_CONF={At("slurm.conf")}");
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                if (!daemonsToo && process.ProcessName is "slurmctld" or "slurmscriptd" or "munged") continue;
                try
                {
                    if (process.Id != Environment.ProcessId && File.ReadAllBytes($"/proc/{process.Id}/environ").AsSpan().IndexOf(mark) >= 0) process.Kill();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
                {
                    // It has ended meanwhile.
                }
            }
        }
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners) listener.Dispose();
        return ports;
    }
}
