"""Trains small SentencePiece models and writes what the library makes of a corpus.

    sentencepiece_suite.py FOLDER

FOLDER holds corpus.json (texts to encode) and training.json (texts to train on). For each model it gets NAME/tokenizer.model, NAME/expected.json (for each text the ids,
the begin and end of each piece in code points, and the decoded text) and, where the model has a counterpart in tokenizer.json, NAME/converted/tokenizer.json.
Needs python3-sentencepiece.
"""
import base64
import io
import json
import os
import re
import struct
import sys
import unicodedata

import sentencepiece

MODELS = {
    "unigram-nmt-nfkc": dict(model_type="unigram", normalization_rule_name="nmt_nfkc", byte_fallback=True, vocab_size=1000, character_coverage=0.98),
    "unigram-unknown": dict(model_type="unigram", normalization_rule_name="nfkc", vocab_size=700, character_coverage=0.98),
    "unigram-symbols": dict(model_type="unigram", normalization_rule_name="identity", vocab_size=700, character_coverage=0.98, remove_extra_whitespaces=False,
                            user_defined_symbols=["<unused>", "don't", "\u2581\u2581", "e\u0301"], control_symbols=["<mask>", "[CLS]"]),
    "unigram-suffix": dict(model_type="unigram", normalization_rule_name="nmt_nfkc_cf", vocab_size=700, character_coverage=0.98, treat_whitespace_as_suffix=True),
    "bpe-llama": dict(model_type="bpe", normalization_rule_name="identity", byte_fallback=True, vocab_size=900, remove_extra_whitespaces=False, split_digits=True, character_coverage=0.98),
    "bpe-unknown": dict(model_type="bpe", normalization_rule_name="nfkc", vocab_size=700, character_coverage=0.98, add_dummy_prefix=False),
    "bpe-symbols": dict(model_type="bpe", normalization_rule_name="nmt_nfkc", byte_fallback=True, vocab_size=900, character_coverage=0.98,
                        user_defined_symbols=["<unused>", "don't", "\u2581\u2581", "the low"], control_symbols=["<mask>", "[CLS]"]),
}

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def train(options, lines):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, num_threads=1, minloglevel=2, hard_vocab_limit=False, **options)
    return model.getvalue()


def fields(message):
    """The fields of a protobuf message: number and value."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 5:
            yield tag >> 3, struct.unpack("<f", message[at:at + 4])[0]
            at += 4
        else:
            length = varint()
            yield tag >> 3, message[at:at + length]
            at += length


def pieces(model):
    for number, value in fields(model):
        if number == 1:
            piece = dict(fields(value))
            yield piece[1].decode(), piece.get(2, 0.0), piece.get(3, NORMAL)


def charsmap(model):
    spec = next(value for number, value in fields(model) if number == 3)
    return dict(fields(spec)).get(2, b"")


def convert_bpe(model):
    """Llama's tokenizer.json: every way to cut a piece into two pieces is a merge, in the order of scores."""
    entries = list(pieces(model))
    scores = {text: score for text, score, kind in entries if kind == NORMAL}
    merges = []
    for text, score in scores.items():
        merges += [(-score, order, text[:i], text[i:]) for order, i in enumerate(range(1, len(text))) if text[:i] in scores and text[i:] in scores]
    merges.sort(key=lambda merge: merge[:2])
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True,
                  "vocab": {text: i for i, (text, _, _) in enumerate(entries)}, "merges": [f"{a} {b}" for _, _, a, b in merges]},
    }


def convert_unigram(model, byte_fallback):
    """T5's and XLM-R's form of tokenizer.json."""
    entries = list(pieces(model))
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap(model)).decode()},
                                                           {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "post_processor": None,
        "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": byte_fallback, "vocab": [[text, score] for text, score, _ in entries]},
    }


def encode(processor, text):
    proto = processor.encode(text, out_type="immutable_proto")
    found = [(piece.id, piece.begin, piece.end) for piece in proto.pieces]
    ids = [entry[0] for entry in found]
    return {"ids": ids, "offsets": [entry[1:] for entry in found], "decoded": processor.decode(ids)}


def albert(processor, text):
    """Ids of a text as ALBERT's tokenizer prepares it; None where a number stands before a comma, which it treats in a way of its own."""
    if re.search(r"\d\s*,", unicodedata.normalize("NFKD", text)):
        return None
    text = unicodedata.normalize("NFKD", text.replace("``", '"').replace("''", '"'))
    # Character by character, as the makers' library does it: a sigma at the end of a word is as any other.
    return processor.encode("".join(c.lower() for c in text if unicodedata.category(c) != "Mn"))


def main(folder):
    corpus = json.load(open(os.path.join(folder, "corpus.json")))
    lines = [line for text in json.load(open(os.path.join(folder, "training.json"))) for line in text.split("\n") if line.strip("\0 ") and "\0" not in line]
    for name, options in MODELS.items():
        target = os.path.join(folder, name)
        os.makedirs(os.path.join(target, "converted"))
        model = train(options, lines)
        with open(os.path.join(target, "tokenizer.model"), "wb") as file:
            file.write(model)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        with open(os.path.join(target, "expected.json"), "w") as file:
            json.dump([encode(processor, text) for text in corpus], file)
        if name == "unigram-nmt-nfkc":
            with open(os.path.join(target, "albert.json"), "w") as file:
                json.dump([albert(processor, text) for text in corpus], file)
        converted = convert_bpe(model) if name == "bpe-llama" else convert_unigram(model, options.get("byte_fallback", False)) if name in ("unigram-nmt-nfkc", "unigram-unknown") else None
        if converted is not None:
            with open(os.path.join(target, "converted", "tokenizer.json"), "w") as file:
                json.dump(converted, file)


main(sys.argv[1])
