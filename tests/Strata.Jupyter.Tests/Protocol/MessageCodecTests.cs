using System.Text;
using System.Text.Json.Nodes;
using Strata.Jupyter.Protocol;
using Strata.Jupyter.Tests.Zmtp;
using Strata.Jupyter.Zmtp;

namespace Strata.Jupyter.Tests.Protocol;

public sealed class MessageCodecTests
{
    private const string Key = "a0436f6c-1916-498b-8eb9-e81ab9368e84";

    private readonly MessageCodec _kernel = new(new MessageSigner(Key));
    private readonly MessageCodec _client = new(new MessageSigner(Key));

    private static RoutedMessage Routed(params IEnumerable<byte[]> parts) => new([1], parts.ToArray(), 0);

    private IReadOnlyList<byte[]> Request(string code = "1 + 1") => _client.Write("execute_request", null, new JsonObject { ["code"] = code });

    private static void Refused(MessageCodec codec, RoutedMessage message, string why) => Assert.Contains(why, Assert.Throws<MessageException>(() => codec.Read(message)).Message);

    /// <summary>RFC 4231, test case 2, cut into four parts.</summary>
    [Fact]
    public void SignaturesAreHmacSha256InHexadecimal()
    {
        byte[] signature = new MessageSigner("Jefe").Sign(["what do ya "u8.ToArray(), "want "u8.ToArray(), "for "u8.ToArray(), "nothing?"u8.ToArray()]);
        Assert.Equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", Encoding.ASCII.GetString(signature));
    }

    [Fact]
    public void AMessageKeepsItsRouteTypeAndContent()
    {
        JupyterMessage message = _kernel.Read(Routed([[5, 5], .. Request("x"), [9]]));
        Assert.Equal(("execute_request", "x"), (message.Type, message.Text("code")));
        Assert.Equal([5, 5], Assert.Single(message.Route));
        IReadOnlyList<byte[]> answer = _kernel.Write("execute_reply", message, []);
        Assert.Equal(message.Header, answer[3]);
    }

    [Fact]
    public void OtherKeysAndMissingSignaturesAreRefused()
    {
        Refused(_kernel, Routed(new MessageCodec(new MessageSigner("other")).Write("execute_request", null, [])), "signature");
        Refused(_kernel, Routed(new MessageCodec(new MessageSigner("")).Write("execute_request", null, [])), "signature");
    }

    [Fact]
    public void AMessageIsTakenOnce()
    {
        IReadOnlyList<byte[]> parts = Request();
        _kernel.Read(Routed(parts));
        Refused(_kernel, Routed(parts), "here before");
        Refused(_kernel, Routed([[7], .. parts, [8]]), "here before");
        MessageCodec unsigned = new(new MessageSigner(""));
        parts = unsigned.Write("execute_request", null, []);
        unsigned.Read(Routed(parts));
        Refused(unsigned, Routed(parts), "here before");
    }

    [Theory]
    [InlineData("[]", "{}", "header")]
    [InlineData("{\"msg_id\":\"1\"}", "{}", "msg_type")]
    [InlineData("{\"msg_id\":1,\"msg_type\":\"x\"}", "{}", "msg_type")]
    [InlineData("{\"msg_id\":\"1\",\"msg_type\":\"\\ud800\"}", "{}", "msg_type")]
    [InlineData("{\"msg_id\":\"1\",\"msg_type\":\"x\"}", "7", "content")]
    [InlineData("{\"msg_id\":\"1\",\"msg_type\":\"x\"}", "{", "content")]
    public void SignedNonsenseIsRefusedToo(string header, string content, string why)
    {
        byte[][] signed = [Encoding.UTF8.GetBytes(header), "{}"u8.ToArray(), "{}"u8.ToArray(), Encoding.UTF8.GetBytes(content)];
        Exception e = Assert.ThrowsAny<MessageException>(() => _kernel.Read(Routed(["<IDS|MSG>"u8.ToArray(), new MessageSigner(Key).Sign(signed), .. signed])));
        Assert.True(e.Message.Contains(why) || e.Message.Contains("msg_id"), e.Message);
    }

    [Fact]
    public void NoMutatedMessageIsAccepted()
    {
        Random random = new(3);
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[][] parts = [.. Request($"x + {i}")];
            // One of the delimiter, the signature and the signed parts is damaged.
            int at = random.Next(parts.Length);
            parts[at] = Mutation.Of(parts[at], random);
            try
            {
                _kernel.Read(Routed(parts));
            }
            catch (MessageException)
            {
                refused++;
            }
        }

        Assert.Equal(20_000, refused);
    }
}
