"""GGUF files written without ggml, from its public documents.

gguf_files.py blocks FOLDER           for each quantised format, random blocks (NAME.bin) and their numbers as little-endian float32 (NAME.f32)
gguf_files.py convert FOLDER FILE     a Hugging Face folder of gpt2, llama, qwen2, qwen3 or gemma as a GGUF file, changed as llama.cpp's converter changes it
"""
import json
import math
import os
import random
import struct
import sys


def half(value):
    return struct.unpack("<e", struct.pack("<e", value))[0]


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


# ---- blocks: each function takes the bytes of one block and gives its numbers ----

def q4_0(b):
    d = struct.unpack_from("<e", b)[0]
    qs = b[2:18]
    return [f32(d * ((q & 15) - 8)) for q in qs] + [f32(d * ((q >> 4) - 8)) for q in qs]


def q4_1(b):
    d, m = struct.unpack_from("<ee", b)
    qs = b[4:20]
    return [f32(f32(d * (q & 15)) + m) for q in qs] + [f32(f32(d * (q >> 4)) + m) for q in qs]


def q5_0(b):
    d = struct.unpack_from("<e", b)[0]
    (qh,) = struct.unpack_from("<I", b, 2)
    qs = b[6:22]
    numbers = [q & 15 for q in qs] + [q >> 4 for q in qs]
    return [f32(d * (q + 16 * (qh >> i & 1) - 16)) for i, q in enumerate(numbers)]


def q5_1(b):
    d, m = struct.unpack_from("<ee", b)
    (qh,) = struct.unpack_from("<I", b, 4)
    qs = b[8:24]
    numbers = [q & 15 for q in qs] + [q >> 4 for q in qs]
    return [f32(f32(d * (q + 16 * (qh >> i & 1))) + m) for i, q in enumerate(numbers)]


def q8_0(b):
    d = struct.unpack_from("<e", b)[0]
    return [f32(d * q) for q in struct.unpack_from("<32b", b, 2)]


def scales_k(packed):
    """Eight pairs of 6 bits: the first four lie in the lower 6 bits of bytes 0..3 and 4..7, the others in nibbles of bytes 8..11 and the upper 2 bits of the rest."""
    pairs = []
    for j in range(8):
        if j < 4:
            pairs.append((packed[j] % 64, packed[j + 4] % 64))
        else:
            pairs.append((packed[j + 4] % 16 + packed[j - 4] // 64 * 16, packed[j + 4] // 16 + packed[j] // 64 * 16))
    return pairs


def q45_k(b, fifth):
    d, m = struct.unpack_from("<ee", b)
    pairs = scales_k(b[4:16])
    qh = b[16:48] if fifth else bytes(32)
    qs = b[48:176] if fifth else b[16:144]
    out = []
    for chunk in range(4):
        run = qs[32 * chunk:32 * chunk + 32]
        for upper in (0, 1):
            scale, minimum = pairs[2 * chunk + upper]
            for i, q in enumerate(run):
                number = (q >> 4 if upper else q & 15) + (16 if qh[i] & (1 << (2 * chunk + upper)) else 0)
                out.append(f32(f32(f32(d * scale) * number) - f32(m * minimum)))
    return out


def q6_k(b):
    ql, qh, scales = b[:128], b[128:192], struct.unpack_from("<16b", b, 192)
    d = struct.unpack_from("<e", b, 208)[0]
    out = [0.0] * 256
    for n in (0, 1):
        for l in range(32):
            low, high, group = ql[64 * n:64 * n + 64], qh[32 * n:32 * n + 32], 8 * n + l // 16
            quads = [low[l] & 15, low[l + 32] & 15, low[l] >> 4, low[l + 32] >> 4]
            for k, nibble in enumerate(quads):
                q = (nibble | (high[l] >> (2 * k) & 3) << 4) - 32
                out[128 * n + 32 * k + l] = f32(f32(d * scales[group + 2 * k]) * q)
    return out


FORMATS = {"Q4_0": (18, q4_0, [0]), "Q4_1": (20, q4_1, [0, 2]), "Q5_0": (22, q5_0, [0]), "Q5_1": (24, q5_1, [0, 2]), "Q8_0": (34, q8_0, [0]),
           "Q4_K": (144, lambda b: q45_k(b, False), [0, 2]), "Q5_K": (176, lambda b: q45_k(b, True), [0, 2]), "Q6_K": (210, q6_k, [208])}


def blocks(folder):
    rng = random.Random(9)
    os.makedirs(folder, exist_ok=True)
    for name, (size, numbers, halves) in FORMATS.items():
        data, values = b"", []
        for _ in range(40):
            block = bytearray(rng.randbytes(size))
            for at in halves:
                struct.pack_into("<e", block, at, rng.gauss(0, 0.3))
            data += block
            values += numbers(bytes(block))
        with open(os.path.join(folder, name + ".bin"), "wb") as f:
            f.write(data)
        with open(os.path.join(folder, name + ".f32"), "wb") as f:
            f.write(struct.pack(f"<{len(values)}f", *values))


# ---- networks ----

def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key, value):
    if isinstance(value, str):
        return text(key) + struct.pack("<I", 8) + text(value)
    if isinstance(value, float):
        return text(key) + struct.pack("<If", 6, value)
    if isinstance(value, list):
        return text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(v) for v in value)
    return text(key) + struct.pack("<II", 4, value)


def read(folder):
    """Tensors of model.safetensors: name to (dtype, shape, bytes)."""
    with open(os.path.join(folder, "model.safetensors"), "rb") as f:
        data = f.read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {name: (e["dtype"], e["shape"], data[8 + length + e["data_offsets"][0]:8 + length + e["data_offsets"][1]]) for name, e in header.items()}


def rows(shape, data):
    size = len(data) // shape[0]
    return [data[i * size:(i + 1) * size] for i in range(shape[0])]


def interleave(shape, data, heads):
    """Rows (head, half, j) to (head, j, half)."""
    table, half_head = rows(shape, data), shape[0] // heads // 2
    return b"".join(table[(h * 2 + s) * half_head + j] for h in range(heads) for j in range(half_head) for s in (0, 1))


def transpose(shape, data):
    size = len(data) // (shape[0] * shape[1])
    return [shape[1], shape[0]], b"".join(data[(i * shape[1] + j) * size:(i * shape[1] + j + 1) * size] for j in range(shape[1]) for i in range(shape[0]))


def convert(folder, path):
    with open(os.path.join(folder, "config.json")) as f:
        config = json.load(f)
    arch = config["model_type"]
    gpt2 = arch == "gpt2"
    heads = config["n_head"] if gpt2 else config["num_attention_heads"]
    kv_heads = heads if gpt2 else config.get("num_key_value_heads") or heads
    outside = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "lm_head": "output", "model.embed_tokens": "token_embd", "model.norm": "output_norm"}
    inside = {"ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
              "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
              "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    tensors = []
    for name, (dtype, shape, data) in read(folder).items():
        stem, kind = name.removeprefix("transformer.").rsplit(".", 1)
        if stem.startswith(("h.", "model.layers.")):
            number, part = stem.removeprefix("model.layers.").removeprefix("h.").split(".", 1)
            if part not in inside:
                continue
            new = f"blk.{number}.{inside[part]}.{kind}"
        else:
            new = f"{outside[stem]}.{kind}"
        if gpt2 and kind == "weight" and ".c_" in stem:
            shape, data = transpose(shape, data)
        if arch == "llama" and stem.endswith(("q_proj", "k_proj")):
            data = interleave(shape, data, heads if stem.endswith("q_proj") else kv_heads)
        if arch == "gemma" and "norm" in stem:
            data = b"".join(struct.pack("<f", v + 1) for v in struct.unpack(f"<{len(data) // 4}f", data))
        tensors.append((new, {"F32": 0, "F16": 1, "BF16": 30}[dtype], shape, data))

    def of(*keys, default=None):
        return next((config[k] for k in keys if config.get(k) is not None), default)

    width = of("n_embd", "hidden_size")
    meta = {"general.architecture": arch, "general.name": "test", "tokenizer.ggml.tokens": ["a", "bc", ""], f"{arch}.block_count": of("n_layer", "num_hidden_layers"),
            f"{arch}.embedding_length": width, f"{arch}.attention.head_count": heads, f"{arch}.context_length": of("n_positions", "max_position_embeddings"),
            f"{arch}.feed_forward_length": of("n_inner", "intermediate_size", default=4 * width)}
    if gpt2:
        meta["gpt2.attention.layer_norm_epsilon"] = float(of("layer_norm_epsilon", default=1e-5))
    else:
        head = of("head_dim", default=width // heads)
        theta = float(of("rope_theta", default=10000.0))
        meta |= {f"{arch}.attention.head_count_kv": kv_heads, f"{arch}.attention.key_length": head, f"{arch}.attention.value_length": head,
                 f"{arch}.attention.layer_norm_rms_epsilon": float(of("rms_norm_eps", default=1e-6)), f"{arch}.rope.freq_base": theta, f"{arch}.rope.dimension_count": head}
        scaling = config.get("rope_scaling") or {}
        if scaling.get("rope_type") == "llama3":
            original = scaling["original_max_position_embeddings"]
            low, high, factor = original / scaling["low_freq_factor"], original / scaling["high_freq_factor"], scaling["factor"]
            divisors = []
            for i in range(0, head, 2):
                wave = 2 * math.pi * theta ** (i / head)
                smooth = (original / wave - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
                divisors.append(1.0 if wave < high else factor if wave > low else 1 / ((1 - smooth) / factor + smooth))
            tensors.append(("rope_freqs.weight", 0, [len(divisors)], struct.pack(f"<{len(divisors)}f", *divisors)))
        elif scaling.get("rope_type") == "linear":
            meta |= {f"{arch}.rope.scaling.type": "linear", f"{arch}.rope.scaling.factor": float(scaling["factor"])}

    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(meta)) + b"".join(pair(k, v) for k, v in meta.items())
    at, data = 0, b""
    for name, kind, shape, values in tensors:
        out += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape)) + struct.pack("<IQ", kind, at)
        values += bytes(-len(values) % 32)
        at += len(values)
        data += values
    with open(path, "wb") as f:
        f.write(out + bytes(-len(out) % 32) + data)


if sys.argv[1] == "blocks":
    blocks(sys.argv[2])
else:
    convert(sys.argv[2], sys.argv[3])
