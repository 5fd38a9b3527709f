using System.Text.Json;

namespace Strata.Models;

/// <summary>Keys of <c>config.json</c> that families of state spaces share.</summary>
internal static class StateSpaceReader
{
    /// <summary>Channels from the factor by which they are more than the width; the fraction is cut off.</summary>
    public static int Expanded(this ConfigReader config, string name, int width)
    {
        double channels = Math.Floor((config.OptionalPositive(name) ?? 2f) * (double)width);
        return channels is >= 1 and <= 1 << 22 ? (int)channels : throw config.Refuse(name, $"makes {channels} channels of a width of {width}; from 1 to {1 << 22} are expected.");
    }

    /// <summary>The rank of the map to the step sizes: a number, or <c>auto</c> for a sixteenth of the width.</summary>
    public static int StepRank(this ConfigReader config, string name, int width)
    {
        if (!config.Has(name)) return (width + 15) / 16;
        if (config.Element.GetProperty(name).ValueKind != JsonValueKind.String) return config.RequiredInt(name, 1, 1 << 20);
        string given = config.RequiredString(name);
        return given == "auto" ? (width + 15) / 16 : throw config.Refuse(name, $"is {Excerpt.Quote(given)}; expected a number or \"auto\".");
    }

    /// <summary>The state space, where its state is of a size that can be held for every token.</summary>
    /// <exception cref="InvalidFileException">It is larger.</exception>
    public static StateSpaceSpec Bounded(this ConfigReader config, StateSpaceSpec spec) => (long)Math.Max(spec.Channels, spec.Groups) * spec.StateSize <= 1 << 26
        ? spec
        : throw new InvalidFileException(config.Path, $"{spec.Channels} channels in {spec.Groups} groups with {spec.StateSize} states each are more than {1 << 26} numbers, the most that Strata carries from token to token.");

    /// <summary>Which blocks are of a kind that returns every <c>PREFIX_period</c> blocks, from block <c>PREFIX_offset</c> on.</summary>
    public static Func<int, bool> Rhythm(this ConfigReader config, string prefix, int period, int offset)
    {
        period = config.OptionalInt(prefix + "_period", 1, 1 << 20) ?? period;
        offset = config.OptionalInt(prefix + "_offset", 0, 1 << 20) ?? offset;
        if (offset >= period) throw config.Refuse(prefix + "_offset", $"is {offset}; a number below the period {period} is expected.");
        return block => block % period == offset;
    }

    /// <summary>How random weights are drawn.</summary>
    public static StateSpaceInitialisation StateSpaceInitialisation(this ConfigReader config, bool scaledOutput = false)
    {
        StateSpaceInitialisation absent = new();
        return new StateSpaceInitialisation(
            config.OptionalPositive("time_step_min") ?? absent.MinStep,
            config.OptionalPositive("time_step_max") ?? absent.MaxStep,
            config.OptionalFloat("time_step_floor", 0) ?? absent.StepFloor,
            config.OptionalFloat("time_step_scale") ?? absent.StepScale,
            config.OptionalString("time_step_init_scheme") == "constant",
            config.OptionalBool("rescale_prenorm_residual") ?? scaledOutput);
    }

    /// <summary>Heads, their width and the groups that share B and C, which must fit one another.</summary>
    /// <exception cref="InvalidFileException">They do not.</exception>
    public static StateSpaceSpec Heads(this ConfigReader config, StateSpaceSpec facts, string headsKey, int heads, string widthKey, int width)
    {
        heads = config.OptionalInt(headsKey, 1, 1 << 20) ?? heads;
        width = config.OptionalInt(widthKey, 1, 1 << 20) ?? width;
        int groups = config.OptionalInt("n_groups", 1, 1 << 16) ?? config.OptionalInt("mamba_n_groups", 1, 1 << 16) ?? 8;
        if ((long)heads * width > 1 << 22) throw config.Refuse(headsKey, $"is {heads}: so many heads of width {width} are more than {1 << 22} channels, the most that Strata computes.");
        if (heads % groups != 0) throw config.Refuse("n_groups", $"is {groups}, and {heads} heads do not divide into so many groups.");
        return facts with { Channels = heads * width, Heads = heads, Groups = groups };
    }

    /// <summary>The least and the largest step size; Python writes an infinity into the file.</summary>
    public static (float Min, float Max) StepLimits(this ConfigReader config, string name)
    {
        if (!config.Has(name)) return (0, float.PositiveInfinity);
        float[] limits = [.. config.Items(name).Select(item => Limit(item) ?? throw config.Refuse(name, "lists something that is neither a number nor an infinity."))];
        if (limits.Length != 2 || !(limits[0] >= 0 && limits[0] <= limits[1])) throw config.Refuse(name, $"lists [{string.Join(", ", limits.Take(4))}]; a least and a largest step size are expected.");
        return (limits[0], limits[1]);
    }

    private static float? Limit(JsonElement item) => item.ValueKind switch
    {
        JsonValueKind.Number when item.TryGetSingle(out float number) => number,
        JsonValueKind.String when item.GetString() == "Infinity" => float.PositiveInfinity,
        JsonValueKind.Object when item.TryGetProperty("__float__", out JsonElement inner) && inner.ValueKind == JsonValueKind.String => Limit(inner),
        _ => null,
    };
}
