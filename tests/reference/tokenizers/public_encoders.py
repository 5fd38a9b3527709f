"""GPT-2's byte-level BPE and BERT's word pieces, written from their published descriptions, on a corpus.

    public_encoders.py FOLDER

FOLDER holds corpus.json and training.json; it gets gpt2/ (vocab.json, merges.txt, ranks.tiktoken) and bert/ (vocab.txt), and in each expected.json: the ids of every text.
"""
import base64
import collections
import json
import os
import re
import sys
import unicodedata

SPACE = {*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]


def alphabet():
    """A printable character for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(rest)}}


ALPHABET = alphabet()


def kind(c):
    if ord(c) in SPACE:
        return "space"
    return {"L": "letter", "N": "number"}.get(unicodedata.category(c)[0], "other")


def gpt2_words(text):
    """GPT-2's expression by hand: contractions, runs of one kind with a space before them, runs of white space that leave their last one to the word behind."""
    at = 0
    while at < len(text):
        contraction = next((c for c in CONTRACTIONS if text.startswith(c, at)), None)
        if contraction:
            end = at + len(contraction)
        else:
            start = at + 1 if text[at] == " " and at + 1 < len(text) and kind(text[at + 1]) != "space" else at
            end = start + 1
            while end < len(text) and kind(text[end]) == kind(text[start]):
                end += 1
            if kind(text[start]) == "space" and end < len(text) and end - start > 1:
                end -= 1
        yield text[at:end]
        at = end


def merge(symbols, ranks):
    """The pair of the lowest rank is joined, everywhere in the word at once, until no pair is known."""
    while len(symbols) > 1:
        best = min(zip(symbols, symbols[1:]), key=lambda pair: ranks.get(pair, float("inf")))
        if best not in ranks:
            break
        joined = []
        i = 0
        while i < len(symbols):
            if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == best:
                joined.append(symbols[i] + symbols[i + 1])
                i += 2
            else:
                joined.append(symbols[i])
                i += 1
        symbols = joined
    return symbols


def train(texts, merges):
    words = collections.Counter(word for text in texts for word in gpt2_words(text))
    split = {word: [ALPHABET[b] for b in word.encode()] for word in words}
    found = []
    for _ in range(merges):
        pairs = collections.Counter()
        for word, symbols in split.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += words[word]
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        found.append(best)
        split = {word: merge(symbols, {best: 0}) for word, symbols in split.items()}
    return found


def gpt2(folder, corpus, training):
    merges = train(training, 300)
    vocabulary = {token: i for i, token in enumerate([*ALPHABET.values(), *(a + b for a, b in merges)])}
    ranks = {pair: i for i, pair in enumerate(merges)}
    with open(os.path.join(folder, "vocab.json"), "w") as file:
        json.dump(vocabulary, file)
    with open(os.path.join(folder, "merges.txt"), "w") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    byte_of = {c: b for b, c in ALPHABET.items()}
    with open(os.path.join(folder, "ranks.tiktoken"), "w") as file:
        for token, i in vocabulary.items():
            file.write(base64.b64encode(bytes(byte_of[c] for c in token)).decode() + f" {i}\n")
    return [[vocabulary[token] for word in gpt2_words(text) for token in merge([ALPHABET[b] for b in word.encode()], ranks)] for text in corpus]


def is_punctuation(c):
    return 33 <= ord(c) <= 47 or 58 <= ord(c) <= 64 or 91 <= ord(c) <= 96 or 123 <= ord(c) <= 126 or unicodedata.category(c)[0] == "P"


def is_chinese(c):
    # The block from U+2B820 on begins at U+2B920 in the tokenizers that most checkpoints were made with.
    ranges = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]
    return any(a <= ord(c) <= b for a, b in ranges)


def basic_words(text):
    clean = []
    for c in text:
        if c in "\t\n\r":
            clean.append(" ")
        elif ord(c) == 0xFFFD or unicodedata.category(c)[0] == "C":
            continue
        elif ord(c) in SPACE:
            clean.append(" ")
        elif is_chinese(c):
            clean.append(f" {c} ")
        else:
            clean.append(c)
    for word in "".join(clean).split(" "):
        word = "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")
        # Lower case character by character, without Greek's form of the last sigma.
        word = "".join(c.lower() for c in word)
        part = ""
        for c in word:
            if is_punctuation(c):
                if part:
                    yield part
                yield c
                part = ""
            else:
                part += c
        if part:
            yield part


def word_pieces(word, vocabulary):
    if len(word) > 100:
        return ["[UNK]"]
    pieces = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary), None)
        if end is None:
            return ["[UNK]"]
        pieces.append(mark + word[start:end])
        start = end
    return pieces


def bert(folder, corpus, training):
    counts = collections.Counter(word for text in training for word in basic_words(text))
    pieces = collections.Counter()
    for word, count in counts.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + 6) + 1):
                pieces[("##" if start else "") + word[start:end]] += count
    # Some characters stay unknown.
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + sorted(sorted(pieces), key=lambda piece: -pieces[piece])[:700]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    with open(os.path.join(folder, "vocab.txt"), "w") as file:
        file.write("\n".join(tokens) + "\n")

    def ids(text):
        # Special tokens that are written out stay whole.
        for part in re.split(r"(\[(?:PAD|UNK|CLS|SEP|MASK)\])", text):
            if part in vocabulary and part.startswith("[") and len(part) > 1:
                yield vocabulary[part]
            else:
                yield from (vocabulary[piece] for word in basic_words(part) for piece in word_pieces(word, vocabulary))

    return [[2, *ids(text), 3] for text in corpus]


def main(folder):
    corpus = json.load(open(os.path.join(folder, "corpus.json")))
    training = json.load(open(os.path.join(folder, "training.json")))
    for name, encode in (("gpt2", gpt2), ("bert", bert)):
        target = os.path.join(folder, name)
        os.makedirs(target, exist_ok=True)
        expected = encode(target, corpus, training)
        with open(os.path.join(target, "expected.json"), "w") as file:
            json.dump(expected, file)


main(sys.argv[1])
