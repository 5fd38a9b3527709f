"""GGUF files written without ggml, from its public documents.

gguf_files.py blocks FOLDER           for each quantised format, random blocks (NAME.bin) and their numbers as little-endian float32 (NAME.f32)
gguf_files.py convert FOLDER FILE     a Hugging Face folder as a GGUF file, changed as llama.cpp's converter changes it: gpt2, falcon, llama, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe,
                                      olmoe, gemma, gemma2, gemma3_text, phi3
gguf_files.py tokenizer SOURCE PRE FILE  a tokenizer.json of byte-level BPE, cut as PRE says, or a SentencePiece model (PRE is then not read) as the metadata of a small network
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


def q2_k(b):
    d, m = struct.unpack_from("<ee", b, 80)
    out, group = [], 0
    for half_block in (b[16:48], b[48:80]):
        for shift in (0, 2, 4, 6):
            for part in (half_block[:16], half_block[16:]):
                scale, minimum = f32(d * (b[group] & 15)), f32(m * (b[group] >> 4))
                out += [f32(f32(scale * (q >> shift & 3)) - minimum) for q in part]
                group += 1
    return out


def q3_k(b):
    (d,) = struct.unpack_from("<e", b, 108)
    mask = 0x03030303, 0x0f0f0f0f
    a0, a1, rest = struct.unpack_from("<III", b, 96)
    words = [a0 & mask[1] | (rest & mask[0]) << 4, a1 & mask[1] | (rest >> 2 & mask[0]) << 4,
             a0 >> 4 & mask[1] | (rest >> 4 & mask[0]) << 4, a1 >> 4 & mask[1] | (rest >> 6 & mask[0]) << 4]
    scales = struct.pack("<4I", *words)
    out, group, bit = [], 0, 1
    for half_block in (b[32:64], b[64:96]):
        for shift in (0, 2, 4, 6):
            for first in (0, 16):
                scale = f32(d * (scales[group] - 32))
                out += [f32(scale * ((half_block[i] >> shift & 3) - (0 if b[i] & bit else 4))) for i in range(first, first + 16)]
                group += 1
            bit <<= 1
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
           "Q2_K": (84, q2_k, [80, 82]), "Q3_K": (110, q3_k, [108]), "Q4_K": (144, lambda b: q45_k(b, False), [0, 2]), "Q5_K": (176, lambda b: q45_k(b, True), [0, 2]), "Q6_K": (210, q6_k, [208])}


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
    if isinstance(value, bool):
        return text(key) + struct.pack("<IB", 7, value)
    if isinstance(value, list) and value and isinstance(value[0], bool):
        return text(key) + struct.pack(f"<IIQ{len(value)}B", 9, 7, len(value), *value)
    if isinstance(value, list) and value and isinstance(value[0], float):
        return text(key) + struct.pack(f"<IIQ{len(value)}f", 9, 6, len(value), *value)
    if isinstance(value, list) and value and isinstance(value[0], int):
        return text(key) + struct.pack(f"<IIQ{len(value)}i", 9, 5, len(value), *value)
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


LLAMA_OUTSIDE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
LLAMA_INSIDE = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
                "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
                "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up", "mlp.gate": "ffn_gate_inp", "block_sparse_moe.gate": "ffn_gate_inp", "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
                "mlp.shared_expert.gate_proj": "ffn_gate_shexp", "mlp.shared_expert.up_proj": "ffn_up_shexp", "mlp.shared_expert.down_proj": "ffn_down_shexp"}
EXPERTS = {"gate_proj": "ffn_gate_exps", "up_proj": "ffn_up_exps", "down_proj": "ffn_down_exps", "w1": "ffn_gate_exps", "w3": "ffn_up_exps", "w2": "ffn_down_exps"}
GEMMA_INSIDE = {**LLAMA_INSIDE, "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm"}
GPT2_OUTSIDE = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "lm_head": "output"}
GPT2_INSIDE = {"ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
FALCON_OUTSIDE = {"word_embeddings": "token_embd", "ln_f": "output_norm", "lm_head": "output"}
FALCON_INSIDE = {"input_layernorm": "attn_norm", "ln_mlp": "attn_norm", "ln_attn": "attn_norm_2", "self_attention.query_key_value": "attn_qkv", "self_attention.dense": "attn_output",
                 "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down"}
NAMES = {"gpt2": (GPT2_OUTSIDE, GPT2_INSIDE), "falcon": (FALCON_OUTSIDE, FALCON_INSIDE), "gemma2": (LLAMA_OUTSIDE, GEMMA_INSIDE), "gemma3_text": (LLAMA_OUTSIDE, GEMMA_INSIDE)}
ARCHITECTURES = {"mixtral": "llama", "qwen2_moe": "qwen2moe", "qwen3_moe": "qwen3moe", "gemma3_text": "gemma3"}
KINDS = {"F32": 0, "F16": 1, "BF16": 30}


def ungroup(shape, data, kv_heads, heads):
    """Per key head its queries, its key and its value: queries, then keys, then values."""
    table, queries = rows(shape, data), heads // kv_heads
    head = shape[0] // (kv_heads * (queries + 2))
    def of(group, part):
        at = (group * (queries + 2) + part) * head
        return b"".join(table[at:at + head])
    return b"".join([of(g, q) for g in range(kv_heads) for q in range(queries)] + [of(g, queries) for g in range(kv_heads)] + [of(g, queries + 1) for g in range(kv_heads)])


def tensors_of(folder, family, heads, kv_heads, query_factor):
    outside, inside = NAMES.get(family, (LLAMA_OUTSIDE, LLAMA_INSIDE))
    tensors, stacks = [], {}
    for name, (dtype, shape, data) in read(folder).items():
        stem, kind = name.removeprefix("transformer.").rsplit(".", 1)
        if stem.startswith(("h.", "model.layers.")):
            number, part = stem.removeprefix("model.layers.").removeprefix("h.").split(".", 1)
            if ".experts." in part:
                expert, map_name = part.split(".experts.")[1].split(".")
                stacks.setdefault(f"blk.{number}.{EXPERTS[map_name]}.{kind}", {})[int(expert)] = (dtype, shape, data)
                continue
            if part not in inside:
                continue
            new = f"blk.{number}.{inside[part]}.{kind}"
        else:
            new = f"{outside[stem]}.{kind}"
        if family == "gpt2" and kind == "weight" and ".c_" in stem:
            shape, data = transpose(shape, data)
        if family in ("llama", "mixtral") and stem.endswith(("q_proj", "k_proj")):
            data = interleave(shape, data, heads if stem.endswith("q_proj") else kv_heads)
        if family == "falcon" and "query_key_value" in stem:
            data = ungroup(shape, data, kv_heads, heads)
        if family.startswith("gemma") and "norm" in stem:
            data = b"".join(struct.pack("<f", v + 1) for v in struct.unpack(f"<{len(data) // 4}f", data))
        if query_factor != 1 and stem.endswith("q_norm" if family == "gemma3_text" else "q_proj"):
            data = b"".join(struct.pack("<f", v * query_factor) for v in struct.unpack(f"<{len(data) // 4}f", data))
        tensors.append((new, KINDS[dtype], [n for n in shape if n > 1] if len(shape) > 1 and 1 in shape else shape, data))
    for new, experts in stacks.items():
        dtype, shape, _ = experts[0]
        tensors.append((new, KINDS[dtype], [len(experts), *shape], b"".join(experts[e][2] for e in range(len(experts)))))
    return tensors


def convert(folder, path):
    with open(os.path.join(folder, "config.json")) as f:
        config = json.load(f)
    family = config["model_type"]
    arch = ARCHITECTURES.get(family, family)
    gpt2, falcon = family == "gpt2", family == "falcon"

    def of(*keys, default=None):
        return next((config[k] for k in keys if config.get(k) is not None), default)

    heads = of("n_head", "num_attention_heads")
    kv_heads = heads if gpt2 else of("num_key_value_heads", default=heads)
    if falcon:
        kv_heads = of("num_kv_heads", default=heads) if config.get("new_decoder_architecture") else 1 if config.get("multi_query", True) else heads
    width = of("n_embd", "hidden_size")
    head = of("head_dim", default=256 if family.startswith("gemma") else width // heads)
    # No key says by what Gemma's scores are divided: readers take the root of a head's width. What the checkpoint has instead goes into the queries.
    query_factor = math.sqrt(head / of("query_pre_attn_scalar", default=256)) if family in ("gemma2", "gemma3_text") else 1
    tensors = tensors_of(folder, family, heads, kv_heads, query_factor)
    meta = {"general.architecture": arch, "general.name": "test", f"{arch}.block_count": of("n_layer", "num_hidden_layers"),
            f"{arch}.embedding_length": width, f"{arch}.attention.head_count": heads, f"{arch}.context_length": of("n_positions", "max_position_embeddings", default=2048),
            f"{arch}.feed_forward_length": of("n_inner", "intermediate_size", "ffn_hidden_size", default=4 * width)}
    if gpt2 or falcon:
        meta[f"{arch}.attention.layer_norm_epsilon"] = float(of("layer_norm_epsilon", default=1e-5))
    if falcon:
        meta |= {"falcon.attention.head_count_kv": kv_heads, "falcon.tensor_data_layout": "jploski"}
    elif not gpt2:
        theta = float(of("rope_theta", default=10000.0))
        meta |= {f"{arch}.attention.head_count_kv": kv_heads, f"{arch}.attention.key_length": head, f"{arch}.attention.value_length": head,
                 f"{arch}.attention.layer_norm_rms_epsilon": float(of("rms_norm_eps", default=1e-6)), f"{arch}.rope.freq_base": theta,
                 f"{arch}.rope.dimension_count": int(head * of("partial_rotary_factor", default=1.0))}
        scaling = config.get("rope_scaling") or {}
        kind = scaling.get("rope_type") or scaling.get("type")
        if kind == "llama3":
            original = scaling["original_max_position_embeddings"]
            low, high, factor = original / scaling["low_freq_factor"], original / scaling["high_freq_factor"], scaling["factor"]
            divisors = []
            for i in range(0, head, 2):
                wave = 2 * math.pi * theta ** (i / head)
                smooth = (original / wave - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
                divisors.append(1.0 if wave < high else factor if wave > low else 1 / ((1 - smooth) / factor + smooth))
            tensors.append(("rope_freqs.weight", 0, [len(divisors)], struct.pack(f"<{len(divisors)}f", *divisors)))
        elif kind == "linear":
            meta |= {f"{arch}.rope.scaling.type": "linear", f"{arch}.rope.scaling.factor": float(scaling["factor"])}
        elif kind in ("longrope", "su"):
            original = of("original_max_position_embeddings", default=scaling.get("original_max_position_embeddings"))
            scale = meta[f"{arch}.context_length"] / original
            meta |= {f"{arch}.rope.scaling.original_context_length": original, f"{arch}.rope.scaling.attn_factor": scaling.get("attention_factor") or (math.sqrt(1 + math.log(scale) / math.log(original)) if scale > 1 else 1.0)}
            tensors += [(f"rope_factors_{n}.weight", 0, [len(scaling[f"{n}_factor"])], struct.pack(f"<{len(scaling[f'{n}_factor'])}f", *scaling[f"{n}_factor"])) for n in ("long", "short")]
    if config.get("sliding_window") and arch in ("gemma2", "gemma3", "phi3"):
        meta[f"{arch}.attention.sliding_window"] = config["sliding_window"]
    for key, name in (("attn_logit_softcapping", "attn_logit_softcapping"), ("final_logit_softcapping", "final_logit_softcapping"), ("clip_qkv", "attention.clamp_kqv")):
        if config.get(key):
            meta[f"{arch}.{name}"] = float(config[key])
    for key, name in (("num_local_experts", "expert_count"), ("num_experts", "expert_count"), ("num_experts_per_tok", "expert_used_count"), ("moe_intermediate_size", "expert_feed_forward_length"),
                      ("shared_expert_intermediate_size", "expert_shared_feed_forward_length")):
        if config.get(key):
            meta[f"{arch}.{name}"] = config[key]
    if config.get("norm_topk_prob") and arch in ("olmoe", "qwen2moe"):
        meta[f"{arch}.expert_weights_norm"] = True
    if family == "gemma3_text":
        meta["gemma3.rope.freq_base_swa"] = float(of("rope_local_base_freq", default=10000.0))
        kinds = config.get("layer_types")
        meta["gemma3.attention.sliding_window_pattern"] = [kind == "sliding_attention" for kind in kinds] if kinds else of("sliding_window_pattern", default=6)
    write(path, meta, tensors)


def byte_pairs(path, pre):
    with open(path, encoding="utf-8") as f:
        file = json.load(f)
    tokens, kinds = {i: t for t, i in file["model"]["vocab"].items()}, {}
    for added in file["added_tokens"]:
        tokens[added["id"]] = added["content"]
        kinds[added["id"]] = 3 if added["special"] else 4
    size = max(tokens) + 3
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in file["model"]["merges"]]
    return {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre, "tokenizer.ggml.tokens": [tokens.get(i, f"[PAD{i}]") for i in range(size)],
            "tokenizer.ggml.token_type": [kinds.get(i, 1 if i in tokens else 5) for i in range(size)], "tokenizer.ggml.merges": merges}


def sentence_pieces(path):
    import sentencepiece
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    def kind(i):
        return 2 if model.is_unknown(i) else 3 if model.is_control(i) else 5 if model.is_unused(i) else 6 if model.is_byte(i) else 1
    size = model.get_piece_size()
    return {"tokenizer.ggml.model": "llama", "tokenizer.ggml.pre": "default", "tokenizer.ggml.tokens": [model.id_to_piece(i) for i in range(size)] + ["[PAD0]", "[PAD1]"],
            "tokenizer.ggml.scores": [model.get_score(i) for i in range(size)] + [-10000.0] * 2, "tokenizer.ggml.token_type": [kind(i) for i in range(size)] + [5, 5],
            "tokenizer.ggml.bos_token_id": model.bos_id(), "tokenizer.ggml.eos_token_id": model.eos_id(), "tokenizer.ggml.unknown_token_id": model.unk_id()}


def tokenizer(source, pre, path):
    meta = byte_pairs(source, pre) if source.endswith(".json") else sentence_pieces(source)
    ids = {t: i for i, t in enumerate(meta["tokenizer.ggml.tokens"])}
    if pre == "llama-bpe":
        meta |= {"tokenizer.ggml.bos_token_id": ids["<s>"], "tokenizer.ggml.eos_token_id": ids["<|endoftext|>"]}
    meta |= {"tokenizer.chat_template": "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}", "tokenizer.chat_templates": ["short"], "tokenizer.chat_template.short": "{{ messages[0].content }}"}
    sizes = {"block_count": 1, "embedding_length": 4, "context_length": 16, "feed_forward_length": 4, "attention.head_count": 2}
    meta |= {"general.architecture": "llama", "llama.attention.layer_norm_rms_epsilon": 1e-5} | {f"llama.{key}": value for key, value in sizes.items()}
    shapes = {"token_embd": [len(ids), 4], "output_norm": [4], "blk.0.attn_norm": [4], "blk.0.ffn_norm": [4]} | {f"blk.0.{n}": [4, 4] for n in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")}
    write(path, meta, [(f"{name}.weight", 0, shape, bytes(4 * math.prod(shape))) for name, shape in shapes.items()])


def write(path, meta, tensors):
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
elif sys.argv[1] == "tokenizer":
    tokenizer(*sys.argv[2:5])
else:
    convert(sys.argv[2], sys.argv[3])
