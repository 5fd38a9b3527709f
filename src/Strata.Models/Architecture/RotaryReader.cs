namespace Strata.Models;

/// <summary>Reads rotary positions: <c>rope_theta</c> and <c>rope_scaling</c>, or both from <c>rope_parameters</c> as newer exports write them.</summary>
internal static class RotaryReader
{
    private static readonly string[] Types = ["default", "linear", "dynamic", "yarn", "longrope", "llama3"];

    /// <summary>The rotary positions of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="headWidth">Width of a head.</param>
    /// <param name="positions">Its longest sequence, from which some scalings start.</param>
    /// <param name="theta">Base when the configuration gives none.</param>
    /// <param name="share">Share of a head's columns that turns, when the configuration gives none.</param>
    /// <param name="parameters">Where newer exports write the parameters; null for <c>rope_parameters</c>.</param>
    /// <param name="trained">Positions of training when the configuration gives none; null for those of the longest sequence.</param>
    /// <exception cref="InvalidFileException">A value is missing, out of range or of an unknown kind.</exception>
    public static RotarySpec Rotary(this ConfigReader config, int headWidth, int positions, double theta = 10_000, double share = 1, ConfigReader? parameters = null, int? trained = null)
    {
        parameters ??= config.OptionalObject("rope_parameters");
        ConfigReader? scaling = parameters ?? config.OptionalObject("rope_scaling");
        RotarySpec plain = new(parameters?.OptionalPositive("rope_theta") ?? config.OptionalPositive("rope_theta") ?? theta)
        {
            Width = Turned(config, parameters, headWidth, share),
        };
        string type = scaling?.OptionalString("rope_type") ?? scaling?.OptionalString("type") ?? "default";
        int original = scaling?.OptionalInt("original_max_position_embeddings", 1, 1 << 28) ?? config.OptionalInt("original_max_position_embeddings", 1, 1 << 28) ?? trained ?? positions;
        return type switch
        {
            "default" => plain,
            "linear" => plain with { Scaling = RotaryScaling.Linear, Factor = scaling!.RequiredPositive("factor") },
            "dynamic" => Dynamic(scaling!, plain, headWidth, positions),
            "yarn" => Yarn(scaling!, plain, original, positions),
            "longrope" or "su" => LongRope(scaling!, plain, headWidth, original, positions),
            "llama3" => Llama3(scaling!, plain, original),
            _ => throw (scaling!.Has("rope_type") ? scaling.Refuse("rope_type", Unknown(type)) : scaling.Refuse("type", Unknown(type))),
        };
    }

    /// <summary>Longest sequence of a network: dynamic scaling serves lengths beyond those of training.</summary>
    public static int LongestSequence(RotarySpec rotary, int positions) =>
        rotary.Scaling == RotaryScaling.Dynamic ? (int)Math.Min(1 << 28, Math.Ceiling(rotary.Factor * positions)) : positions;

    private static string Unknown(string type) => $"is {Excerpt.Quote(type)}, which is not a rope scaling that Strata computes. {Excerpt.Nearest(type, Types)}";

    private static int? Turned(ConfigReader config, ConfigReader? parameters, int headWidth, double share)
    {
        ConfigReader owner = parameters?.Has("partial_rotary_factor") == true ? parameters : config;
        double given = owner.OptionalPositive("partial_rotary_factor") ?? share;
        if (given > 1) throw owner.Refuse("partial_rotary_factor", $"is {given:R}; a share above 0 and up to 1 is expected.");
        return Even(config, (int)(headWidth * given), headWidth);
    }

    /// <summary>The number of columns that turn, refused where they do not pair; null for all of a head.</summary>
    public static int? Even(ConfigReader config, int turned, int headWidth) => turned % 2 == 0 && turned >= 2 && turned <= headWidth
        ? turned == headWidth ? null : turned
        : throw new InvalidFileException(config.Path, $"{turned} columns of heads of width {headWidth} cannot turn in pairs; an even number of them is needed.");

    private static RotarySpec Dynamic(ConfigReader scaling, RotarySpec plain, int headWidth, int positions)
    {
        float factor = scaling.RequiredPositive("factor");
        if (factor < 1) throw scaling.Refuse("factor", $"is {factor:R}; dynamic scaling needs at least 1.");
        if ((plain.Width ?? headWidth) <= 2) throw scaling.Refuse("rope_type", "is \"dynamic\", which needs more than one pair of columns per head.");
        return plain with { Scaling = RotaryScaling.Dynamic, Factor = factor, OriginalPositions = positions };
    }

    private static RotarySpec Yarn(ConfigReader scaling, RotarySpec plain, int original, int positions)
    {
        double factor = scaling.OptionalPositive("factor") ?? (double)positions / original;
        double Temperature(double weight) => factor <= 1 ? 1 : 0.1 * weight * Math.Log(factor) + 1;
        double fast = scaling.OptionalPositive("beta_fast") ?? 32, slow = scaling.OptionalPositive("beta_slow") ?? 1;
        if (fast < slow) throw scaling.Refuse("beta_fast", $"is {fast:R}; it must not be below beta_slow, {slow:R}.");
        if (plain.Theta == 1) throw scaling.Refuse("rope_type", "is \"yarn\", which needs a rope_theta other than 1.");
        float? weight = scaling.OptionalFloat("mscale"), allWeight = scaling.OptionalFloat("mscale_all_dim");
        return plain with
        {
            Scaling = RotaryScaling.Yarn,
            Factor = factor,
            OriginalPositions = original,
            FastTurns = fast,
            SlowTurns = slow,
            WholePairs = scaling.OptionalBool("truncate") ?? true,
            Magnitude = scaling.OptionalPositive("attention_factor")
                ?? (weight is float w && allWeight is float a && w != 0 && a != 0 ? Temperature(w) / Temperature(a) : Temperature(1)),
        };
    }

    private static RotarySpec LongRope(ConfigReader scaling, RotarySpec plain, int headWidth, int original, int positions)
    {
        double factor = original == positions ? scaling.OptionalPositive("factor") ?? 1 : (double)positions / original;
        int pairs = (plain.Width ?? headWidth) / 2;
        return plain with
        {
            Scaling = RotaryScaling.LongRope,
            Factor = factor,
            OriginalPositions = original,
            ShortFactors = Factors(scaling, "short_factor", pairs),
            LongFactors = Factors(scaling, "long_factor", pairs),
            Magnitude = scaling.OptionalPositive("attention_factor") ?? (factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(factor) / Math.Log(original))),
        };
    }

    private static ValueList<double> Factors(ConfigReader scaling, string name, int pairs)
    {
        double[] factors = scaling.Items(name).Select(item => item.ValueKind == System.Text.Json.JsonValueKind.Number && item.TryGetDouble(out double value) && value > 0 && double.IsFinite(value)
            ? value
            : throw scaling.Refuse(name, "lists something that is not a number above 0.")).ToArray();
        return factors.Length == pairs ? new(factors) : throw scaling.Refuse(name, $"lists {factors.Length} numbers; heads turn {pairs} pairs of columns and need as many.");
    }

    private static RotarySpec Llama3(ConfigReader scaling, RotarySpec plain, int original)
    {
        float low = scaling.RequiredPositive("low_freq_factor"), high = scaling.RequiredPositive("high_freq_factor");
        if (high <= low) throw scaling.Refuse("high_freq_factor", $"is {high:R}; it must be above low_freq_factor, {low:R}.");
        return plain with
        {
            Scaling = RotaryScaling.Llama3,
            Factor = scaling.RequiredPositive("factor"),
            LowFrequencyFactor = low,
            HighFrequencyFactor = high,
            OriginalPositions = original,
        };
    }
}
