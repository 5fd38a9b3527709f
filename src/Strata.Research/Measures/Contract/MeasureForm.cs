using Strata.Models;

namespace Strata.Research;

/// <summary>
/// Which definition of a measure is computed where a paper and a published code differ: <c>textbook</c>, <c>reference</c> (each measure's first reference code, the textbook where it has none), or
/// <c>reference:NAME</c> (that code).
/// </summary>
public sealed record MeasureForm
{
    private MeasureForm(bool isReference, string? name)
    {
        IsReference = isReference;
        Name = name;
    }

    /// <summary>The definition in the paper.</summary>
    public static MeasureForm Textbook { get; } = new(false, null);

    /// <summary>What a reference implementation computes; each measure's description says which code and how it differs.</summary>
    public static MeasureForm Reference { get; } = new(true, null);

    /// <summary>Is it that of a code rather than that of a paper?</summary>
    public bool IsReference { get; }

    /// <summary>The code that was named; null for none.</summary>
    public string? Name { get; }

    /// <summary>What one code computes, for example <c>skdim</c>.</summary>
    public static MeasureForm ReferenceOf(string name) => new(true, name);

    /// <summary>Reads <c>textbook</c>, <c>reference</c> or <c>reference:NAME</c>.</summary>
    /// <exception cref="StrataException">Another text, or a code that no measure names.</exception>
    public static MeasureForm Parse(string text)
    {
        string[] known = Words();
        if (!known.Contains(text)) throw new StrataException($"\"{text}\" is no form of a measure. {NearestNames.Suggest(text, text.Contains(':') ? known : known[..2])}");
        return text == "textbook" ? Textbook : text == "reference" ? Reference : ReferenceOf(text["reference:".Length..]);
    }

    /// <summary>Every form that some measure has.</summary>
    public static string[] Words() => ["textbook", "reference", .. Measures.All.SelectMany(m => m.About.References).Select(r => $"reference:{r.Name}").Distinct()];

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => !IsReference ? "textbook" : Name is null ? "reference" : $"reference:{Name}";
}
