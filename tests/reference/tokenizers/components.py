"""Writes small tokenizer.json files, which together use every kind of step, with vocabularies trained on a list of texts.

    components.py TRAINING.json FOLDER
"""
import collections
import json
import math
import os
import sys
import unicodedata

SPECIAL = ["<unk>", "<s>", "</s>", "<pad>", "[CLS]", "[SEP]", "[MASK]", "<|endoftext|>"]


def byte_alphabet():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names = {b: chr(b) for b in printable}
    for b in range(256):
        if b not in names:
            names[b] = chr(256 + len(names) - len(printable))
    return names


ALPHABET = byte_alphabet()


def train_bpe(words, merges, continuing="", end=""):
    """Merges of the most frequent pairs; words with their counts."""
    split = {word: [(continuing if i else "") + c + (end if i == len(word) - 1 else "") for i, c in enumerate(word)] for word in words}
    vocabulary = sorted({symbol for symbols in split.values() for symbol in symbols})
    found = []
    for _ in range(merges):
        pairs = collections.Counter()
        for word, symbols in split.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += words[word]
        if not pairs:
            break
        first, second = max(pairs, key=lambda pair: (pairs[pair], pair))
        joined = first + second[len(continuing):]
        found.append((first, second))
        if joined not in vocabulary:
            vocabulary.append(joined)
        for symbols in split.values():
            i = 0
            while i + 1 < len(symbols):
                if (symbols[i], symbols[i + 1]) == (first, second):
                    symbols[i:i + 2] = [joined]
                i += 1
    return vocabulary, found


def bpe(vocabulary, merges, **options):
    tokens = list(dict.fromkeys(SPECIAL + vocabulary))
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            "ignore_merges": False, **options, "vocab": {token: i for i, token in enumerate(tokens)}, "merges": [f"{a} {b}" for a, b in merges]}


def tokenizer(model, normalizer=None, pre_tokenizer=None, post_processor=None, decoder=None, added=()):
    size = len(model["vocab"])
    known = model["vocab"] if isinstance(model["vocab"], dict) else {piece: i for i, (piece, _) in enumerate(model["vocab"])}
    tokens = []
    for entry in added:
        token = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True, **entry}
        token["id"] = known.get(token["content"], size)
        size += token["id"] == size
        tokens.append(token)
    tokens.sort(key=lambda token: token["id"])
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
            "post_processor": post_processor, "decoder": decoder, "model": model}


def sequence(kind, name, *steps):
    return {"type": "Sequence", name: list(steps)}


def template(single, pair):
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": {token: {"id": token, "ids": [SPECIAL.index(token)], "tokens": [token]} for token in SPECIAL}}


def special(token, type_id=0):
    return {"SpecialToken": {"id": token, "type_id": type_id}}


def text(name, type_id=0):
    return {"Sequence": {"id": name, "type_id": type_id}}


def main(training, folder):
    texts = json.load(open(training))
    words = collections.Counter(word for line in texts for word in line.split())
    spelled = collections.Counter({"".join(ALPHABET[b] for b in (" " + word).encode()): count for word, count in words.items()})
    byte_vocabulary, byte_merges = train_bpe(spelled, 250)
    byte_vocabulary = list(ALPHABET.values()) + [token for token in byte_vocabulary if len(token) > 1]
    piece_words = collections.Counter({"\u2581" + word: count for word, count in words.items()})
    piece_vocabulary, piece_merges = train_bpe(piece_words, 250)
    rare = set(piece_vocabulary[5::7]) & {token for token in piece_vocabulary if len(token) == 1 and not token.isascii()} - {"\u2581"}
    byte_tokens = [f"<0x{b:02X}>" for b in range(256)]
    kept = [token for token in piece_vocabulary if not set(token) & rare]
    kept_merges = [pair for pair in piece_merges if not set("".join(pair)) & rare]
    lowered = collections.Counter()
    for word, count in words.items():
        lowered["".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn").lower()] += count
    wordpiece, _ = train_bpe(lowered, 200, continuing="##")
    closed, closed_merges = train_bpe(lowered, 150, end="</w>")
    prefixed, prefixed_merges = train_bpe(words, 150, continuing="##")
    unigram = [[token, 0.0] for token in SPECIAL] + [[token, math.log((1 + sum(c for w, c in piece_words.items() if token in w)) * len(token) / 1e6)] for token in kept]
    levels = SPECIAL + [word for word, _ in words.most_common(60)]

    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
    bare_bytes = {**byte_level, "use_regex": False}
    llama3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

    def split(pattern, behavior, invert=False, kind="Regex"):
        return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}

    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True}
    pieces = bpe(byte_tokens + kept, kept_merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    unknown_pieces = bpe(kept, kept_merges, unk_token="<unk>", fuse_unk=True)
    single_unknown = bpe(kept, kept_merges, unk_token="<unk>")
    bert_model = {"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {t: i for i, t in enumerate(dict.fromkeys(SPECIAL + wordpiece))}}
    bert_normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    level_model = {"type": "WordLevel", "unk_token": "<unk>", "vocab": {t: i for i, t in enumerate(dict.fromkeys(levels))}}
    unigram_model = {"type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": unigram}
    mark = {"content": "[MASK]", "lstrip": True}
    end = {"content": "<|endoftext|>"}

    files = {
        "gpt2": tokenizer(bpe(byte_vocabulary, byte_merges), None, byte_level, byte_level, byte_level, [end]),
        "roberta": tokenizer(bpe(byte_vocabulary, byte_merges), None, {**byte_level, "add_prefix_space": True},
                             {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1], "trim_offsets": False, "add_prefix_space": True}, byte_level,
                             [{"content": "<s>"}, {"content": "</s>"}, mark]),
        "llama3": tokenizer(bpe(byte_vocabulary, byte_merges, ignore_merges=True), None, sequence("", "pretokenizers", split(llama3, "Isolated"), bare_bytes),
                            sequence("", "processors", byte_level, template([special("<s>"), text("A")], [special("<s>"), text("A"), special("<s>", 1), text("B", 1)])), byte_level, [{"content": "<s>"}, end]),
        "qwen": tokenizer(bpe(byte_vocabulary, byte_merges), {"type": "NFC"}, sequence("", "pretokenizers", split(llama3.replace("{1,3}", ""), "Isolated"), bare_bytes), byte_level, byte_level,
                          [end, {"content": "don't", "special": False, "normalized": True, "single_word": True}, {"content": "日本", "special": False, "normalized": True, "rstrip": True}]),
        "bloom": tokenizer(bpe(byte_vocabulary, byte_merges), None, sequence("", "pretokenizers", split(r" ?[^(\s|[.,!?…。，、।۔،])]+", "Isolated"), bare_bytes), byte_level, byte_level),
        "byte-normalizer": tokenizer(bpe(byte_vocabulary, byte_merges), sequence("", "normalizers", {"type": "NFKC"}, {"type": "ByteLevel"}), split("Ġ", "MergedWithNext", kind="String"), None, byte_level),
        "llama2": tokenizer(pieces, sequence("", "normalizers", {"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}), None,
                            template([special("<s>"), text("A")], [special("<s>"), text("A"), special("<s>", 1), text("B", 1)]),
                            sequence("", "decoders", {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}),
                            [{"content": "<unk>"}, {"content": "<s>"}, {"content": "</s>"}]),
        "mistral": tokenizer(pieces, None, {**metaspace, "split": False}, None,
                             sequence("", "decoders", {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}),
                             [{"content": "<s>"}, {"content": "</s>"}]),
        "fused": tokenizer(unknown_pieces, {"type": "NFKD"}, metaspace, None, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True}),
        "unfused": tokenizer(single_unknown, {"type": "NFD"}, {**metaspace, "prepend_scheme": "always"}, None, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}, [mark]),
        "unigram": tokenizer(unigram_model, sequence("", "normalizers", {"type": "Nmt"}, {"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}),
                             sequence("", "pretokenizers", {"type": "WhitespaceSplit"}, {**metaspace, "prepend_scheme": "always"}),
                             template([text("A"), special("</s>")], [text("A"), special("</s>"), text("B"), special("</s>")]), {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
                             [{"content": "<pad>"}, {"content": "</s>"}]),
        "bert": tokenizer(bert_model, bert_normalizer, {"type": "BertPreTokenizer"}, {"type": "BertProcessing", "sep": ["[SEP]", 5], "cls": ["[CLS]", 4]}, {"type": "WordPiece", "prefix": "##", "cleanup": True},
                          [{"content": "[CLS]"}, {"content": "[SEP]"}, {"content": "[MASK]"}]),
        "bert-cased": tokenizer({**bert_model, "max_input_chars_per_word": 8}, {**bert_normalizer, "lowercase": False, "strip_accents": True, "handle_chinese_chars": False}, {"type": "BertPreTokenizer"},
                                template([special("[CLS]"), text("A"), special("[SEP]")], [special("[CLS]"), text("A"), special("[SEP]"), text("B", 1), special("[SEP]", 1)]), {"type": "WordPiece", "prefix": "##", "cleanup": False}),
        "wordpiece-steps": tokenizer(bert_model, sequence("", "normalizers", {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}),
                                     sequence("", "pretokenizers", {"type": "Whitespace"}, {"type": "Digits", "individual_digits": True}, {"type": "Punctuation", "behavior": "MergedWithPrevious"}), None,
                                     {"type": "WordPiece", "prefix": "##", "cleanup": True}),
        "word-level": tokenizer(level_model, None, sequence("", "pretokenizers", {"type": "CharDelimiterSplit", "delimiter": "e"}, {"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": False}), None, None),
        "scripts": tokenizer(single_unknown, None, sequence("", "pretokenizers", {"type": "UnicodeScripts"}, {"type": "Punctuation", "behavior": "Contiguous"}, split(r"\d", "MergedWithNext", True)), None, {"type": "Fuse"}),
        "suffix": tokenizer(bpe(closed, closed_merges, unk_token="<|endoftext|>", end_of_word_suffix="</w>"), sequence("", "normalizers", {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}, {"type": "Lowercase"}),
                            split(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "Removed", True), {"type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1]}, {"type": "BPEDecoder", "suffix": "</w>"}, [end]),
        "prefix": tokenizer(bpe(prefixed, prefixed_merges, unk_token="<unk>", continuing_subword_prefix="##"), None, {"type": "WhitespaceSplit"}, None,
                            sequence("", "decoders", {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}, {"type": "WordPiece", "prefix": "##", "cleanup": False})),
    }
    os.makedirs(folder, exist_ok=True)
    for name, content in files.items():
        with open(os.path.join(folder, name + ".json"), "w") as file:
            json.dump(content, file, ensure_ascii=False, separators=(",", ":"))


main(*sys.argv[1:])
