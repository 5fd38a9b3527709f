#!/usr/bin/env python3
"""Small folders in the layout of sentence-transformers with the vectors that its code makes of some texts.

  sentences.py ROOT     writes ROOT/NAME/ for each folder, and ROOT/NAME.json: texts, prompt and expected vectors

Pooling, dense layers and normalisation are transcribed from the library's code as it runs, on padded batches with a mask; the network is
the reference's own. Words are single tokens, so that the ids of a text can be looked up.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

import checkpoint
import families
import variants

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"w{i}" for i in range(92)]
TYPE = "sentence_transformers.models."
POOLING = ("cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")


def pool(tokens, mask, config, prompt_length):
    """The Pooling module on padded tokens [B, T, D] with a mask [B, T]."""
    if not config.get("include_prompt", True) and prompt_length:
        mask = mask.clone()
        mask[:, :prompt_length] = 0
    on = {name: config.get(f"pooling_mode_{name}", name == "mean_tokens") for name in POOLING}
    if "pooling_mode" in config:
        names = {"cls": "cls_token", "max": "max_tokens", "mean": "mean_tokens", "weightedmean": "weightedmean_tokens"}
        on = {name: name == names.get(config["pooling_mode"], config["pooling_mode"]) for name in POOLING}
    expanded, vectors = mask.unsqueeze(-1).expand(tokens.size()).to(tokens.dtype), []
    if on["cls_token"]:
        vectors.append(tokens[:, 0])
    if on["max_tokens"]:
        vectors.append(tokens.masked_fill(expanded == 0, -1e9).max(1)[0])
    total, count = (tokens * expanded).sum(1), expanded.sum(1).clamp(min=1e-9)
    if on["mean_tokens"]:
        vectors.append(total / count)
    if on["mean_sqrt_len_tokens"]:
        vectors.append(total / count.sqrt())
    if on["weightedmean_tokens"]:
        weights = expanded * torch.arange(1, tokens.shape[1] + 1).to(tokens.dtype)[None, :, None]
        vectors.append((tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9))
    if on["lasttoken"]:
        last = mask.shape[1] - 1 - mask.flip(1).max(1)[1]
        vectors.append(tokens[torch.arange(len(tokens)), last])
    return torch.cat(vectors, 1)


def vectors(network, texts, most, lower, pooling, dense, normalise, prompt=""):
    """What the library's encode gives, in float64."""
    def ids(text):
        words = (text.strip().lower() if lower else text.strip()).split()
        known = [WORDS.index(word) if word in WORDS else 1 for word in words]
        return [2] + known[:most - 2] + [3]

    sequences = [ids(prompt + text) for text in texts]
    width, longest = network.raw("embeddings.word_embeddings.weight").shape[1], max(map(len, sequences))
    tokens, mask = torch.full((len(texts), longest, width), 7.0, dtype=torch.float64), torch.zeros(len(texts), longest, dtype=torch.int64)
    for i, sequence in enumerate(sequences):
        last = network.run(sequence)[f"blocks.{network.blocks - 1}.resid_post"]
        tokens[i, :len(sequence)], mask[i, :len(sequence)] = last, 1
    result = pool(tokens, mask, pooling, len(ids(prompt)) - 1 if prompt else 0)
    for weight, bias, activation in dense:
        result = activation(F.linear(result, weight.double(), None if bias is None else bias.double()))
    return F.normalize(result, p=2, dim=1) if normalise else result


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def write(root, name, pooling, dense=(), normalise=False, settings=None, inner="", prompts=None, prompt="", texts=(), seed=5, saved_by_torch=False):
    """One folder. dense: (outputs, bias?, name of the activation, its function)."""
    folder, settings = root / name, settings or {"max_seq_length": 64, "do_lower_case": False}
    config = variants.make(folder / inner, "bert", "no-head", seed)
    (folder / inner / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    write_json(folder / inner / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "model_max_length": 60})
    write_json(folder / inner / "sentence_bert_config.json", settings)
    modules = [("Transformer", inner), ("Pooling", "1_Pooling")]
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": config["hidden_size"], **pooling})
    draw, layers = variants.Draw(seed), []
    width = config["hidden_size"] * max(1, sum(value is True for key, value in pooling.items() if key.startswith("pooling_mode_")))
    for i, (outputs, bias, kind, activation) in enumerate(dense):
        path = f"{i + 2}_Dense"
        tensors = {"linear.weight": draw.matrix(outputs, width, inputs=width), **({"linear.bias": draw.bias(outputs)} if bias else {})}
        write_json(folder / path / "config.json", {"in_features": width, "out_features": outputs, "bias": bias, "activation_function": kind})
        if saved_by_torch:
            torch.save(tensors, folder / path / "pytorch_model.bin")
        else:
            checkpoint.write(folder / path / "model.safetensors", tensors)
        modules.append(("Dense", path))
        layers.append((tensors["linear.weight"], tensors.get("linear.bias"), activation))
        width = outputs
    if normalise:
        modules.append(("Normalize", f"{len(modules)}_Normalize"))
    write_json(folder / "modules.json", [{"idx": i, "name": str(i), "path": path, "type": TYPE + kind} for i, (kind, path) in enumerate(modules)])
    if prompts is not None:
        write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})
    network = families.load(folder / inner, torch.float64)
    most = min(settings["max_seq_length"] or 64, 60)
    expected = vectors(network, texts, most, settings["do_lower_case"], pooling, layers, normalise, (prompts or {}).get(prompt, ""))
    write_json(root / f"{name}.json", {"texts": list(texts), "prompt": prompt, "vectors": expected.tolist()})


def main():
    torch.set_num_threads(1)
    root = Path(sys.argv[1])
    long = " ".join(f"w{i * 7 % 92}" for i in range(40))
    texts = ["w1 w2 w3", "w5", long, "  w7 W8 nothing w9 ", " ".join(f"w{i}" for i in range(10))]
    all_ways = {f"pooling_mode_{name}": True for name in POOLING}
    write(root, "mean", {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, normalise=True, settings={"max_seq_length": 12, "do_lower_case": True}, texts=texts)
    write(root, "every-way", all_ways, inner="0_Transformer", settings={"max_seq_length": None, "do_lower_case": False}, texts=texts)
    write(root, "dense", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, texts=texts, normalise=True,
          dense=[(30, True, "torch.nn.modules.activation.Tanh", torch.tanh), (20, False, "torch.nn.modules.linear.Identity", lambda x: x)])
    write(root, "dense-by-torch", {"pooling_mode_mean_tokens": True}, texts=texts, saved_by_torch=True, dense=[(10, True, "torch.nn.modules.activation.GELU", F.gelu)])
    write(root, "prompt", {**all_ways, "include_prompt": True}, texts=texts, prompts={"query": "w3 w4 w5 ", "passage": ""}, prompt="query")
    write(root, "prompt-left-out", {**all_ways, "include_prompt": False}, texts=texts, prompts={"query": "w3 w4 w5 "}, prompt="query")
    write(root, "named-way", {"pooling_mode": "lasttoken"}, texts=texts)


if __name__ == "__main__":
    main()
