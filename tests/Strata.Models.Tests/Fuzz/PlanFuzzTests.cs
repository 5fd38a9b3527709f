using System.Text;
using Xunit;

namespace Strata.Models.Tests;

public class PlanFuzzTests
{
    private static readonly string[] Valid =
    [
        "0..12", "..", "0..4, 8..12", "0..4, reverse(4..8), 8..12", "0..4, 6, 4, 7, 5, 8..12", "0..4, parallel(4..8), 8..^0", "0..4, parallel(4..8)*3, 8..12", "0..4, 5*4, 8..12",
        "0..4, attn(4), mlp(5), 6..12", "none", "parallel(attn(1), mlp(2), 3..6)*12, ^1",
    ];

    [Fact]
    public void DamagedPlansAreReadOrRefusedWithAMessage()
    {
        // A short text may ask for the longest allowed plan: that much, and no more, may be allocated.
        int refused = FuzzRun.Run([.. Valid.Select(Encoding.UTF8.GetBytes)], 10_000, 7, Read, 64, 4_000_000);
        Assert.InRange(refused, 2_000, 10_000);
    }

    private static void Read(byte[] text, int number)
    {
        LayerPlan plan = LayerPlan.Parse(Encoding.UTF8.GetString(text), 12);
        Assert.Equal(plan, LayerPlan.Parse(plan.ToString(), 12));
    }
}
