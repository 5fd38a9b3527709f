using Strata.Models;
using Strata.Tensors;
using Xunit;

namespace Strata.Research.Tests;

/// <summary>Errors of a storage format as rows: fewer bits, fewer bytes and larger errors, weight by weight and layer by layer.</summary>
public class StorageErrorTableTests
{
    [Fact]
    public void FewerBitsAreFewerBytesAndLargerErrors()
    {
        ModelSpec spec = Gpt2Family.Spec(blocks: 2, width: 32, heads: 2, vocabulary: 90, positions: 20);
        TokenRows rows = new("ids", [Enumerable.Range(0, 20).ToArray()]);
        Table Of(DType format)
        {
            Model model = Model.Random(spec, 3, new ModelOptions { Storage = format, Announce = _ => { } });
            return model.StorageErrors(rows).ToTable(model.Provenance);
        }

        Table eight = Of(DType.Int8), sixteen = Of(DType.BFloat16);
        Assert.Equal(eight["what"].Texts, sixteen["what"].Texts);
        Assert.Contains("blocks.1.resid_post", eight["what"].Texts);
        for (int row = 0; row < eight.Rows; row++)
        {
            Assert.True(eight["mean error"].Numbers[row] > sixteen["mean error"].Numbers[row] && sixteen["mean error"].Numbers[row] > 0, eight["what"].Texts[row]);
            Assert.True(eight["largest error"].Numbers[row] < 0.1);
            if (eight["block"].Texts[row].Length > 0) Assert.True(eight["bytes"].Numbers[row] < sixteen["bytes"].Numbers[row]);
        }
    }
}
