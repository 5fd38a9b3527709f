using System.Text;

namespace Strata.Models;

/// <summary>
/// What the Python class of a tokenizer does with its SentencePiece model beyond what the file says: how it numbers the pieces, which special tokens it has, what it sets
/// around texts and how it prepares them.
/// </summary>
internal static class SentencePieceClass
{
    private const int MaxExtraIds = 1 << 16;

    /// <summary>Languages of mBART in the order of their ids; mBART-50 has all of them, mBART those up to zh_CN.</summary>
    private static readonly string[] Languages =
    [
        "ar_AR", "cs_CZ", "de_DE", "en_XX", "es_XX", "et_EE", "fi_FI", "fr_XX", "gu_IN", "hi_IN", "it_IT", "ja_XX", "kk_KZ", "ko_KR", "lt_LT", "lv_LV", "my_MM", "ne_NP", "nl_XX", "ro_RO",
        "ru_RU", "si_LK", "tr_TR", "vi_VN", "zh_CN", "af_ZA", "az_AZ", "bn_IN", "fa_IR", "he_IL", "hr_HR", "id_ID", "ka_GE", "km_KH", "mk_MK", "ml_IN", "mn_MN", "mr_IN", "pl_PL", "ps_AF",
        "pt_XX", "sv_SE", "sw_KE", "ta_IN", "te_IN", "th_TH", "tl_XX", "uk_UA", "ur_PK", "xh_ZA", "gl_ES", "sl_SI",
    ];

    private static readonly Dictionary<string, string> RobertaTokens = new()
    {
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["unk_token"] = "<unk>",
        ["sep_token"] = "</s>",
        ["pad_token"] = "<pad>",
        ["cls_token"] = "<s>",
        ["mask_token"] = "<mask>",
    };

    private static readonly Dictionary<string, string> BertTokens = new()
    {
        ["unk_token"] = "[UNK]",
        ["sep_token"] = "[SEP]",
        ["pad_token"] = "[PAD]",
        ["cls_token"] = "[CLS]",
        ["mask_token"] = "[MASK]",
    };

    /// <summary>Classes by the model that a folder without <c>tokenizer_class</c> holds.</summary>
    public static IReadOnlyDictionary<string, string> OfModelType { get; } = new Dictionary<string, string>
    {
        ["xlm-roberta"] = "XLMRobertaTokenizer",
        ["camembert"] = "CamembertTokenizer",
        ["mbart"] = "MBartTokenizer",
        ["deberta-v2"] = "DebertaV2Tokenizer",
        ["albert"] = "AlbertTokenizer",
        ["t5"] = "T5Tokenizer",
        ["mt5"] = "T5Tokenizer",
    };

    /// <summary>The special tokens that a class has where tokenizer_config.json names none.</summary>
    public static string? DefaultToken(string kind, string name) => kind switch
    {
        "XLMRobertaTokenizer" or "CamembertTokenizer" or "MBartTokenizer" or "MBart50Tokenizer" or "NllbTokenizer" => RobertaTokens.GetValueOrDefault(name),
        "DebertaV2Tokenizer" => BertTokens.GetValueOrDefault(name),
        _ => null,
    };

    /// <summary>The model with the pieces in the order of the ids that the class gives them; pieces that it adds are found only as special tokens.</summary>
    /// <exception cref="InvalidFileException">The model does not begin as those of the class do, or the class numbers pieces in a way that is not known.</exception>
    public static SentencePieceFile Numbered(SentencePieceFile file, TokenizerSettings settings) => settings.Class switch
    {
        "XLMRobertaTokenizer" => file.WithPieces([.. Shifted(file), Control("<mask>")]),
        "MBartTokenizer" => file.WithPieces([.. Shifted(file), .. Languages.TakeWhile(code => code != "af_ZA").Select(Control), Control("<mask>")]),
        "MBart50Tokenizer" => file.WithPieces([.. Shifted(file), .. Languages.Select(Control), Control("<mask>")]),
        "NllbTokenizer" => file.WithPieces([.. Shifted(file), .. NllbLanguages(settings).Select(Control), Control("<mask>")]),
        "CamembertTokenizer" => file.WithPieces([Control("<s>NOTUSED"), Control("<pad>"), Control("</s>NOTUSED"), Unknown("<unk>"), Control("<unk>NOTUSED"), .. Beginning(file).Skip(1), Control("<mask>")]),
        "DebertaV2Tokenizer" => file.WithPieces([.. file.Pieces, .. Missing(file, settings.Token("mask_token")).Select(Control)]),
        "T5Tokenizer" => file.WithPieces([.. file.Pieces, .. ExtraIds(settings).SelectMany(token => Missing(file, token)).Select(Control)]),
        "AlbertTokenizer" => file.WithPieces([.. file.Pieces.Select(AvoidedWithComma)]),
        "BarthezTokenizer" or "XGLMTokenizer" => throw settings.Config.Refuse("tokenizer_class", $"is {Excerpt.Quote(settings.Class)}, which numbers the pieces of its SentencePiece model in a way of its own. {AsJson}"),
        _ => file,
    };

    /// <summary>What the class sets around a text: Llama and Gemma begin with BOS, T5 ends with EOS, the others take the forms of BERT, RoBERTa and the translators.</summary>
    public static SpecialTokenTemplate Template(TokenizerSettings settings, TokenTable table)
    {
        int? bos = settings.Id("bos_token", "<s>", table), eos = settings.Id("eos_token", "</s>", table);
        int? cls = settings.Id("cls_token", "[CLS]", table), sep = settings.Id("sep_token", "[SEP]", table);
        return settings.Class switch
        {
            "LlamaTokenizer" or "CodeLlamaTokenizer" or "GemmaTokenizer" when bos is { } id && (settings.Config.OptionalBool("add_bos_token") ?? true) => SpecialTokenTemplate.Around([id], []),
            "T5Tokenizer" when eos is { } id => SpecialTokenTemplate.Around([], [id]),
            "AlbertTokenizer" or "DebertaV2Tokenizer" when (cls, sep) is ({ } first, { } second) => SpecialTokenTemplate.Bert(first, second),
            "XLMRobertaTokenizer" or "CamembertTokenizer" when (cls, sep) is ({ } first, { } second) => SpecialTokenTemplate.Roberta(first, second),
            "MBartTokenizer" when eos is { } id => OneEnd([], [id, Language(settings, "en_XX", table)]),
            "MBart50Tokenizer" when eos is { } id => OneEnd([Language(settings, "en_XX", table)], [id]),
            "NllbTokenizer" when eos is { } id => settings.Config.OptionalBool("legacy_behaviour") ?? false
                ? OneEnd([], [id, Language(settings, "eng_Latn", table)]) : OneEnd([Language(settings, "eng_Latn", table)], [id]),
            _ => SpecialTokenTemplate.Empty,
        };
    }

    /// <summary>How the class prepares a text before the model's own preparation.</summary>
    public static Normalizer Prepared(Normalizer model, TokenizerSettings settings)
    {
        ConfigReader config = settings.Config;
        if (settings.Class == "DebertaV2Tokenizer")
        {
            config.RefuseIfTrue("split_by_punct", "which Strata does not do for this class of tokenizers. " + AsJson);
            return config.OptionalBool("do_lower_case") ?? false ? new SequenceNormalizer([new LowercaseNormalizer(), model]) : model;
        }

        if (settings.Class != "AlbertTokenizer") return model;
        List<Normalizer> steps = [new ReplaceNormalizer(TextPattern.Literal("``"), "\""), new ReplaceNormalizer(TextPattern.Literal("''"), "\"")];
        if (!(config.OptionalBool("keep_accents") ?? false)) steps.AddRange([new FormNormalizer(NormalizationForm.FormKD), new StripAccentsNormalizer(spacing: false)]);
        if (config.OptionalBool("do_lower_case") ?? true) steps.Add(new LowercaseNormalizer());
        return new SequenceNormalizer([.. steps, model]);
    }

    private const string AsJson = "Save the tokenizer as tokenizer.json: AutoTokenizer.from_pretrained(folder).save_pretrained(folder).";

    private static PieceEntry Control(string text) => new(text, 0, PieceKind.Control);

    private static PieceEntry Unknown(string text) => new(text, 0, PieceKind.Unknown);

    /// <summary>Fairseq's order: four special tokens first, then the pieces behind the model's own three.</summary>
    private static IEnumerable<PieceEntry> Shifted(SentencePieceFile file) => [Control("<s>"), Control("<pad>"), Control("</s>"), Unknown("<unk>"), .. Beginning(file).Skip(3)];

    /// <summary>The pieces of a model that begins with the three that fairseq's order leaves out.</summary>
    private static List<PieceEntry> Beginning(SentencePieceFile file) => file.Pieces.Take(3).Select(piece => piece.Text).SequenceEqual(["<unk>", "<s>", "</s>"])
        ? file.Pieces
        : throw new InvalidFileException(file.Path, "does not begin with the pieces <unk>, <s> and </s>, as the models of this class of tokenizers do. Is tokenizer_class in tokenizer_config.json right?");

    private static IEnumerable<string> Missing(SentencePieceFile file, string? token) => token is null || file.Pieces.Any(piece => piece.Text == token) ? [] : [token];

    /// <summary>The sentinels of T5, the last of them first.</summary>
    private static IEnumerable<string> ExtraIds(TokenizerSettings settings)
    {
        int count = settings.Config.OptionalInt("extra_ids", 0, MaxExtraIds) ?? 100;
        return Enumerable.Range(0, count).Select(i => $"<extra_id_{count - 1 - i}>");
    }

    private static string[] NllbLanguages(TokenizerSettings settings)
    {
        string[] codes = [.. settings.Config.Items("additional_special_tokens").Select(item => item.ToString())];
        return codes.Length > 0 ? codes : throw new InvalidFileException(settings.Config.Path, $"does not list the languages of this NllbTokenizer in \"additional_special_tokens\", and their order is that of their ids. {AsJson}");
    }

    private static int Language(TokenizerSettings settings, string absent, TokenTable table)
    {
        string code = settings.Config.OptionalString("src_lang") ?? absent;
        return table.Id(code) ?? throw settings.Config.Refuse("src_lang", $"is {Excerpt.Quote(code)}, which is not among the tokenizer's languages.");
    }

    /// <summary>Texts one behind another without anything between them.</summary>
    private static SpecialTokenTemplate OneEnd(int[] before, int[] behind) => new(
        [TemplatePart.Special(0, before), TemplatePart.First(), TemplatePart.Special(0, behind)],
        [TemplatePart.Special(0, before), TemplatePart.First(), TemplatePart.Other(0), TemplatePart.Special(0, behind)]);

    /// <summary>ALBERT takes a piece that ends with a digit and a comma only where there is nothing else.</summary>
    private static PieceEntry AvoidedWithComma(PieceEntry piece) =>
        piece.Kind == PieceKind.Normal && piece.Text.Length > 1 && piece.Text[^1] == ',' && char.IsDigit(piece.Text[^2]) ? piece with { Score = piece.Score - 100 } : piece;
}
