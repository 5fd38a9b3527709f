using System.Globalization;
using Strata.Models;

namespace Strata.Notebooks;

/// <summary>
/// Draws a plan: one lane per step from left to right along the residual stream, blocks coloured by their place in the network, parallel blocks above each other,
/// skipped blocks dashed where they would have run, equal steps once with ×n, half blocks half filled.
/// </summary>
internal static class PlanDiagram
{
    private const double Box = 30, Gap = 8, Lane = Box + Gap, Margin = 14;
    private const int LanesPerRow = 19, MaxLanes = 190, MaxStack = 12;
    private const string Stream = "#999";

    /// <summary>One lane: a step that runs some times in a row, or a block that is skipped.</summary>
    private sealed record LaneItem(PlanStep Step, int Times, bool Skipped)
    {
        public IReadOnlyList<PlanStep> Stack => Step is ParallelStep parallel ? parallel.Members : [Step];

        public int Height => Math.Min(Stack.Count, MaxStack);
    }

    public static string Draw(LayerPlan plan, string title, string caption)
    {
        List<LaneItem> lanes = Lanes(plan);
        LaneItem[][] rows = lanes.Take(MaxLanes).Chunk(LanesPerRow).ToArray();
        SvgCanvas canvas = new();
        double y = 14;
        foreach (string line in SvgCanvas.Wrap(title, 13, SvgFigure.Width - 2 * Margin, 3)) canvas.Text(Margin, y += 15, line, 13, bold: true);
        y += 12;
        if (rows.Length == 0) DrawStream(canvas, y += 10, 0);
        for (int row = 0; row < rows.Length; row++) y = DrawRow(canvas, rows[row], plan.Blocks, y, last: row == rows.Length - 1);
        if (lanes.Count > MaxLanes) caption = $"First {MaxLanes} of {lanes.Count:N0} lanes. {caption}";
        foreach (string line in SvgCanvas.Wrap(caption, 10.5, SvgFigure.Width - 2 * Margin, 3)) canvas.Text(Margin, y += 14, line, 10.5, fill: SvgCanvas.Faint);
        return canvas.Finish(y + 12, Escape.Clip($"Layer plan {title}", 200), caption);
    }

    /// <summary>The steps with equal neighbours joined, and skipped blocks before the first step that begins with a later block.</summary>
    private static List<LaneItem> Lanes(LayerPlan plan)
    {
        Queue<int> skipped = new(Enumerable.Range(0, plan.Blocks).Except(plan.Executions.Select(LayerPlan.BlockOf)));
        List<LaneItem> lanes = [];
        foreach (PlanStep step in plan.Steps)
        {
            int first = step.Executions.Min(LayerPlan.BlockOf);
            while (skipped.TryPeek(out int block) && block < first) lanes.Add(new LaneItem(new BlockStep(skipped.Dequeue()), 1, true));
            if (lanes.Count > 0 && !lanes[^1].Skipped && lanes[^1].Step.Equals(step)) lanes[^1] = lanes[^1] with { Times = lanes[^1].Times + 1 };
            else lanes.Add(new LaneItem(step, 1, false));
        }

        lanes.AddRange(skipped.Select(block => new LaneItem(new BlockStep(block), 1, true)));
        return lanes;
    }

    private static double DrawRow(SvgCanvas canvas, LaneItem[] lanes, int blocks, double top, bool last)
    {
        double height = lanes.Max(l => l.Height) * (Box + 4) - 4;
        bool marks = lanes.Any(l => l.Times > 1 || l.Step is AttentionStep or MlpStep || l.Height < l.Stack.Count || l.Stack.Any(m => m is AttentionStep or MlpStep));
        double middle = top + (marks ? 14 : 2) + height / 2;
        DrawStream(canvas, middle, lanes.Length, arrow: last);
        for (int i = 0; i < lanes.Length; i++) DrawLane(canvas, lanes[i], blocks, Margin + Gap + 6 + i * Lane, middle);
        return middle + height / 2 + (marks ? 18 : 10);
    }

    private static void DrawStream(SvgCanvas canvas, double y, int lanes, bool arrow = true)
    {
        double end = Margin + Gap + 6 + Math.Max(1, lanes) * Lane + 6;
        canvas.Line(Margin, y, end, y, Stream, 1.5);
        if (arrow) canvas.Raw($"<path d=\"M{SvgCanvas.N(end)} {SvgCanvas.N(y - 4)}l7 4l-7 4z\" fill=\"{Stream}\"/>");
    }

    private static void DrawLane(SvgCanvas canvas, LaneItem lane, int blocks, double x, double middle)
    {
        double height = lane.Height * (Box + 4) - 4, top = middle - height / 2;
        // The stream goes through the members, not past them.
        if (lane.Height > 1) canvas.Rect(x - 4, top, Box + 8, height, "#fff");
        if (lane.Height > 1) canvas.Raw($"<path d=\"M{SvgCanvas.N(x - 4)} {SvgCanvas.N(top + Box / 2)}V{SvgCanvas.N(top + height - Box / 2)}M{SvgCanvas.N(x + Box + 4)} {SvgCanvas.N(top + Box / 2)}V{SvgCanvas.N(top + height - Box / 2)}\" stroke=\"{Stream}\" stroke-width=\"1.5\" fill=\"none\"/>");
        for (int i = 0; i < lane.Height; i++)
        {
            double y = top + i * (Box + 4);
            if (lane.Height > 1) canvas.Line(x - 4, y + Box / 2, x + Box + 4, y + Box / 2, Stream, 1.5);
            if (lane.Skipped) DrawGhost(canvas, lane.Stack[i], x, y);
            else DrawBlock(canvas, lane.Stack[i], blocks, x, y);
        }

        if (lane.Times > 1) canvas.Text(x + Box / 2, top - 4, $"×{lane.Times}", 10.5, Anchor.Middle, bold: true);
        if (lane.Height < lane.Stack.Count) canvas.Text(x + Box / 2, top + height + 11, $"+{lane.Stack.Count - lane.Height}", 9.5, Anchor.Middle, SvgCanvas.Faint);
        else if (lane.Step is AttentionStep or MlpStep) canvas.Text(x + Box / 2, top + height + 11, lane.Step is AttentionStep ? "attn" : "mlp", 9.5, Anchor.Middle, SvgCanvas.Faint);
    }

    /// <summary>A box in the colour of its block; attention fills the upper half, the MLP the lower.</summary>
    private static void DrawBlock(SvgCanvas canvas, PlanStep step, int blocks, double x, double y)
    {
        int block = LayerPlan.BlockOf(step), color = ColorScale.At(ColorScaleKind.Sequential, 0.1 + 0.85 * block / Math.Max(1, blocks - 1));
        string fill = ColorScale.Hex(color);
        canvas.Rect(x, y, Box, Box, step is BlockStep ? fill : "#fff", fill);
        if (step is AttentionStep) canvas.Rect(x, y, Box, Box / 2, fill);
        if (step is MlpStep) canvas.Rect(x, y + Box / 2, Box, Box / 2, fill);
        double baseline = step switch { AttentionStep => y + 12, MlpStep => y + Box - 4, _ => y + Box / 2 + 4 };
        canvas.Text(x + Box / 2, baseline, Number(block), 11, Anchor.Middle, ColorScale.TextOn(color));
    }

    private static void DrawGhost(SvgCanvas canvas, PlanStep step, double x, double y)
    {
        canvas.Raw($"<rect x=\"{SvgCanvas.N(x)}\" y=\"{SvgCanvas.N(y)}\" width=\"{SvgCanvas.N(Box)}\" height=\"{SvgCanvas.N(Box)}\" fill=\"#fff\" fill-opacity=\".85\" stroke=\"#bbb\" stroke-dasharray=\"3 2\"/>");
        canvas.Text(x + Box / 2, y + Box / 2 + 4, Number(LayerPlan.BlockOf(step)), 11, Anchor.Middle, "#aaa");
    }

    private static string Number(int block) => block.ToString(CultureInfo.InvariantCulture);
}
