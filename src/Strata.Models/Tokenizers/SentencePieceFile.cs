namespace Strata.Models;

/// <summary>What a piece of a SentencePiece model is.</summary>
internal enum PieceKind
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for what the vocabulary does not know.</summary>
    Unknown = 2,

    /// <summary>Is never found in a text, such as the beginning of a sequence.</summary>
    Control = 3,

    /// <summary>Is always found whole.</summary>
    UserDefined = 4,

    /// <summary>Is never chosen.</summary>
    Unused = 5,

    /// <summary>Stands for a byte.</summary>
    Byte = 6,
}

/// <summary>A piece with its score, the logarithm of a probability or, in BPE, minus the order of merges.</summary>
internal readonly record struct PieceEntry(string Text, float Score, PieceKind Kind);

/// <summary>What a SentencePiece file (a protobuf message) holds, as far as encoding and decoding need it. Defaults are those of sentencepiece_model.proto.</summary>
internal sealed class SentencePieceFile
{
    private const int UnigramType = 1;
    private const int BytePairType = 2;
    private const int MaxPieceLength = 512;

    private SentencePieceFile(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The pieces in the order of their ids.</summary>
    public List<PieceEntry> Pieces { get; private init; } = [];

    /// <summary>Whether the model is BPE; else it is a unigram model.</summary>
    public bool IsBytePair { get; private set; }

    /// <summary>Whether unknown characters become bytes.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>Whether the mark of a space stands behind a word instead of before it.</summary>
    public bool SpaceIsSuffix { get; private set; }

    /// <summary>What the unknown piece is decoded to.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    /// <summary>Replacements in the text; null for none.</summary>
    public CharsMap? CharsMap { get; private set; }

    /// <summary>Whether a space is set before a text.</summary>
    public bool AddDummyPrefix { get; private set; } = true;

    /// <summary>Whether spaces at the ends go and others become one.</summary>
    public bool RemoveExtraSpaces { get; private set; } = true;

    /// <summary>Whether spaces are written as U+2581.</summary>
    public bool EscapeSpaces { get; private set; } = true;

    /// <summary>A BPE model of pieces that stand somewhere else, in the way Llama's is made: spaces are neither removed nor joined.</summary>
    /// <exception cref="InvalidFileException">A piece is too long or its score is no number.</exception>
    public static SentencePieceFile BytePairs(string path, IEnumerable<PieceEntry> pieces, bool addDummyPrefix)
    {
        SentencePieceFile file = new(path) { IsBytePair = true, AddDummyPrefix = addDummyPrefix, RemoveExtraSpaces = false };
        foreach (PieceEntry piece in pieces)
        {
            if (piece.Text.Length is 0 or > MaxPieceLength) throw new InvalidFileException(path, $"has the piece {file.Pieces.Count} with {piece.Text.Length} characters; expected 1 to {MaxPieceLength}.");
            if (!float.IsFinite(piece.Score)) throw new InvalidFileException(path, $"has the piece {file.Pieces.Count} with the score {piece.Score}.");
            file.Pieces.Add(piece);
        }

        file.ByteFallback = file.Pieces.Any(piece => piece.Kind == PieceKind.Byte);
        return file;
    }

    /// <summary>The same model with other pieces.</summary>
    public SentencePieceFile WithPieces(List<PieceEntry> pieces) => new(Path)
    {
        Pieces = pieces,
        IsBytePair = IsBytePair,
        ByteFallback = ByteFallback,
        SpaceIsSuffix = SpaceIsSuffix,
        UnknownSurface = UnknownSurface,
        CharsMap = CharsMap,
        AddDummyPrefix = AddDummyPrefix,
        RemoveExtraSpaces = RemoveExtraSpaces,
        EscapeSpaces = EscapeSpaces,
    };

    /// <summary>Reads a model.</summary>
    /// <exception cref="InvalidFileException">It is not valid, or neither a unigram nor a BPE model.</exception>
    public static SentencePieceFile Parse(ReadOnlySpan<byte> bytes, string path)
    {
        SentencePieceFile file = new(path);
        ProtobufReader reader = new(bytes, path);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    file.Pieces.Add(ReadPiece(reader.Message(), file.Pieces.Count));
                    break;
                case 2:
                    file.ReadTrainer(reader.Message());
                    break;
                case 3:
                    file.ReadNormalizer(reader.Message());
                    break;
                case 5:
                    if (HasCharsMap(reader.Message())) throw new InvalidFileException(path, "has rules for denormalization, which are not supported.");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        long characters = file.Pieces.Sum(piece => (long)piece.Text.Length);
        if (characters > CharTrie.MaxCharacters) throw new InvalidFileException(path, $"has pieces of {characters:N0} characters; at most {CharTrie.MaxCharacters:N0} are read.");
        return file.Pieces.Count > 0 ? file : throw new InvalidFileException(path, "is not a SentencePiece model: it has no pieces.");
    }

    private static bool HasCharsMap(ProtobufReader reader)
    {
        bool has = false;
        while (reader.Next())
        {
            if (reader.Field == 2) has |= !reader.Bytes().IsEmpty;
            else reader.Skip();
        }

        return has;
    }

    private static PieceEntry ReadPiece(ProtobufReader reader, int id)
    {
        string text = "";
        float score = 0;
        int kind = (int)PieceKind.Normal;
        while (reader.Next())
        {
            if (reader.Field == 1) text = reader.Text();
            else if (reader.Field == 2) score = reader.Float();
            else if (reader.Field == 3) kind = reader.Int();
            else reader.Skip();
        }

        if (text.Length is 0 or > MaxPieceLength) throw reader.Refuse($"piece {id} has {text.Length} characters, expected 1 to {MaxPieceLength}");
        if (!float.IsFinite(score)) throw reader.Refuse($"piece {id} has the score {score}");
        if (!Enum.IsDefined((PieceKind)kind)) throw reader.Refuse($"piece {id} is of the kind {kind}, expected 1 to 6");
        return new PieceEntry(text, score, (PieceKind)kind);
    }

    private void ReadTrainer(ProtobufReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    int type = reader.Int();
                    if (type is not (UnigramType or BytePairType)) throw reader.Refuse($"the model is of type {type} (words or characters); unigram (1) and BPE (2) are supported");
                    IsBytePair = type == BytePairType;
                    break;
                case 24:
                    SpaceIsSuffix = reader.Bool();
                    break;
                case 35:
                    ByteFallback = reader.Bool();
                    break;
                case 44:
                    UnknownSurface = reader.Text();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadNormalizer(ProtobufReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    CharsMap = ReadCharsMap(reader.Bytes());
                    break;
                case 3:
                    AddDummyPrefix = reader.Bool();
                    break;
                case 4:
                    RemoveExtraSpaces = reader.Bool();
                    break;
                case 5:
                    EscapeSpaces = reader.Bool();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private CharsMap? ReadCharsMap(ReadOnlySpan<byte> blob)
    {
        try
        {
            return blob.IsEmpty ? null : CharsMap.Parse(blob);
        }
        catch (FormatException e)
        {
            throw new InvalidFileException(Path, $"\"normalizer_spec.precompiled_charsmap\" {e.Message}.");
        }
    }
}
