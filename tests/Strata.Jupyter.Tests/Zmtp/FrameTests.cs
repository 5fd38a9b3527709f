using System.Text;
using Strata.Jupyter.Zmtp;

namespace Strata.Jupyter.Tests.Zmtp;

public sealed class FrameTests
{
    private static async Task<List<ZmtpFrame>> ReadAll(byte[] octets)
    {
        ZmtpReader reader = new(new MemoryStream(octets));
        List<ZmtpFrame> frames = [];
        while (await reader.ReadFrameAsync(ZmtpReader.MaxMessage, CancellationToken.None) is { } frame) frames.Add(frame);
        return frames;
    }

    /// <summary>Octets by hand from the grammar of the specification.</summary>
    [Fact]
    public void FramesAreWrittenAsTheSpecificationSays()
    {
        Assert.Equal([1, 2, (byte)'a', (byte)'b', 0, 0], ZmtpFrame.Encode(["ab"u8.ToArray(), []]));
        byte[] longFrame = ZmtpFrame.Encode([new byte[256]]);
        Assert.Equal([2, 0, 0, 0, 0, 0, 0, 1, 0], longFrame[..9]);
        Assert.Equal(9 + 256, longFrame.Length);
        Assert.Equal([4, 6, 4, (byte)'P', (byte)'O', (byte)'N', (byte)'G', 7], new ZmtpCommand("PONG", new byte[] { 7 }).Encode());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(3_000_000)]
    public async Task FramesOfEveryLengthComeBack(int length)
    {
        byte[] body = new byte[length];
        new Random(length).NextBytes(body);
        List<ZmtpFrame> frames = await ReadAll(ZmtpFrame.Encode([body, [9]]));
        Assert.Equal([true, false], frames.Select(frame => frame.More));
        Assert.Equal(body, frames[0].Body);
        Assert.Equal([9], frames[1].Body);
    }

    [Theory]
    [InlineData(0x08)]
    [InlineData(0x80)]
    [InlineData(0x05)]
    public void FlagsThatMeanNothingAreRefused(byte flags) => Assert.Throws<ZmtpException>(() => ZmtpFrame.ReadFlags(flags));

    [Fact]
    public async Task AHugeSizeIsRefusedBeforeMemoryIsTaken()
    {
        await Assert.ThrowsAsync<ZmtpException>(() => ReadAll([2, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]));
        await Assert.ThrowsAsync<ZmtpException>(() => ReadAll([2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAll([2, 0, 0, 0, 0, 3, 0, 0, 0, 1]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void ReadyKeepsItsProperties()
    {
        ZmtpCommand ready = ZmtpCommand.Parse(ZmtpCommand.Ready("ROUTER", "me"u8).Encode()[2..]);
        Dictionary<string, byte[]> properties = ready.Properties();
        Assert.Equal("READY", ready.Name);
        Assert.Equal("ROUTER", Encoding.ASCII.GetString(properties["socket-type"]));
        Assert.Equal("me", Encoding.ASCII.GetString(properties["IDENTITY"]));
    }

    [Fact]
    public void APongRepeatsTheContextOfItsPing()
    {
        Assert.Equal([1, 2, 3], new ZmtpCommand("PING", new byte[] { 0, 10, 1, 2, 3 }).Pong().Data.ToArray());
        Assert.Throws<ZmtpException>(() => new ZmtpCommand("PING", new byte[1]).Pong());
        Assert.Throws<ZmtpException>(() => new ZmtpCommand("PING", new byte[19]).Pong());
    }

    [Fact]
    public async Task MutatedFramesAreReadOrRefusedAndNothingElse()
    {
        Random random = new(20);
        byte[][] seeds =
        [
            ZmtpFrame.Encode([new byte[3], new byte[300], []]),
            ZmtpCommand.Ready("DEALER", "front-end"u8).Encode(),
            new ZmtpCommand("PING", new byte[] { 0, 10, 1, 2, 3 }).Encode(),
            new ZmtpCommand("SUBSCRIBE", "kernel"u8.ToArray()).Encode(),
        ];
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            try
            {
                foreach (ZmtpFrame frame in await ReadAll(Mutation.Of(seeds[i % seeds.Length], random)))
                {
                    if (!frame.IsCommand) continue;
                    ZmtpCommand command = ZmtpCommand.Parse(frame.Body);
                    if (command.Name == "READY") command.Properties();
                    if (command.Name == "PING") command.Pong();
                }
            }
            catch (Exception e) when (e is ZmtpException or EndOfStreamException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 19_999);
    }
}
