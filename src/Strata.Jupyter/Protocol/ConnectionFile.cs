using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Strata.Models;

namespace Strata.Jupyter.Protocol;

/// <summary>The file in which a front end says where a kernel listens and how messages are signed.</summary>
internal sealed class ConnectionFile
{
    private ConnectionFile(string key, IReadOnlyDictionary<string, EndPoint> endpoints)
    {
        Key = key;
        Endpoints = endpoints;
    }

    /// <summary>The key of the signatures; empty for none.</summary>
    public string Key { get; }

    /// <summary>Where each of <c>shell</c>, <c>control</c>, <c>stdin</c>, <c>iopub</c> and <c>hb</c> listens.</summary>
    public IReadOnlyDictionary<string, EndPoint> Endpoints { get; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidFileException">It is missing or malformed, or asks for what is not offered.</exception>
    public static ConnectionFile Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            return Read(document.RootElement, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidFileException(path, $"is no connection file of Jupyter: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"cannot be read: {e.Message}", e);
        }
    }

    private static ConnectionFile Read(JsonElement json, string path)
    {
        string key = json.GetProperty("key").GetString() ?? "";
        string scheme = json.GetProperty("signature_scheme").GetString() ?? "";
        if (key.Length > 0 && scheme != "hmac-sha256") throw new InvalidFileException(path, $"asks for signatures by \"{scheme}\"; expected hmac-sha256.");
        string transport = json.GetProperty("transport").GetString() ?? "", ip = json.GetProperty("ip").GetString() ?? "";
        string[] channels = ["shell", "control", "stdin", "iopub", "hb"];
        return new ConnectionFile(key, channels.ToDictionary(channel => channel, channel => Endpoint(transport, ip, json.GetProperty($"{channel}_port").GetInt32(), path)));
    }

    private static EndPoint Endpoint(string transport, string ip, int port, string path) => transport switch
    {
        "tcp" when IPAddress.TryParse(ip, out IPAddress? address) && port is > 0 and <= IPEndPoint.MaxPort => new IPEndPoint(address, port),
        "ipc" when ip.Length > 0 => new UnixDomainSocketEndPoint($"{ip}-{port}"),
        _ => throw new InvalidFileException(path, $"asks to listen at {transport}://{ip}:{port}; expected tcp at an IP address, or ipc."),
    };
}
