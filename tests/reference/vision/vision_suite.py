#!/usr/bin/env python3
"""Small random networks of images, and of texts beside them, with what they must give.

  vision_suite.py ROOT      writes ROOT/FAMILY-VARIANT/ with config.json and weights

Beside them: inputs.safetensors (NAME: an image [3, height, width] or ids), requests.json (name, input, plan as text),
expected.safetensors (REQUEST/HOOK_POINT, computed in float64, stored as float32; REQUEST/stream under a plan). A pair of networks
has these for each of its towers, in image/ and text/, and similarity.safetensors (logits_per_image of its first inputs).
"""

import json
import random
import sys
import zlib
from pathlib import Path

import torch

import towers
import checkpoint
import suite
import variants

LABELS = {"0": "cat", "1": "dog", "2": "</script>", "3": "a very long name of a class, with a comma", "4": "ü"}
VIT = {"model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_act": "gelu", "num_hidden_layers": 4, "hidden_size": 48, "intermediate_size": 100,
       "num_attention_heads": 4, "image_size": 16, "patch_size": 4, "num_channels": 3, "qkv_bias": True, "layer_norm_eps": 1e-12, "id2label": LABELS}
DINOV2 = {**VIT, "model_type": "dinov2", "architectures": ["Dinov2ForImageClassification"], "layer_norm_eps": 1e-6, "mlp_ratio": 3, "use_swiglu_ffn": False,
          "layerscale_value": 1.0, "intermediate_size": None}
CLIP_IMAGES = {"model_type": "clip_vision_model", "architectures": ["CLIPVisionModelWithProjection"], "hidden_act": "quick_gelu", "num_hidden_layers": 4, "hidden_size": 48,
               "intermediate_size": 100, "num_attention_heads": 4, "image_size": 16, "patch_size": 4, "layer_norm_eps": 1e-5, "projection_dim": 20}
CLIP_TEXTS = {"model_type": "clip_text_model", "architectures": ["CLIPTextModelWithProjection"], "hidden_act": "quick_gelu", "num_hidden_layers": 4, "hidden_size": 40,
              "intermediate_size": 90, "num_attention_heads": 5, "vocab_size": 97, "max_position_embeddings": 32, "layer_norm_eps": 1e-5, "projection_dim": 20,
              "bos_token_id": 95, "eos_token_id": 96}
SIGLIP_IMAGES = {**CLIP_IMAGES, "model_type": "siglip_vision_model", "architectures": ["SiglipVisionModel"], "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6,
                 "projection_dim": None}
SIGLIP_TEXTS = {"model_type": "siglip_text_model", "architectures": ["SiglipTextModel"], "hidden_act": "gelu_pytorch_tanh", "num_hidden_layers": 4, "hidden_size": 48,
                "intermediate_size": 90, "num_attention_heads": 4, "vocab_size": 97, "max_position_embeddings": 12, "layer_norm_eps": 1e-6, "pad_token_id": 1,
                "eos_token_id": 1}

# Family -> its configuration and, per variant, changes of it, where None removes a key.
VARIANTS = {
    "vit": (VIT, {"base": {}, "bare-names": {"architectures": ["ViTModel"], "qkv_bias": False}, "pooler": {"architectures": ["ViTModel"], "pooler": True}, "rectangle": {"image_size": [16, 24], "patch_size": [4, 4], "hidden_act": "gelu_new"},
                  "bf16": {"torch_dtype": "bfloat16"}}),
    "deit": ({**VIT, "model_type": "deit", "architectures": ["DeiTForImageClassification"]},
             {"base": {}, "teacher": {"architectures": ["DeiTForImageClassificationWithTeacher"]}, "bare-names": {"architectures": ["DeiTModel"]}}),
    "dinov2": (DINOV2, {"base": {}, "swiglu": {"architectures": ["Dinov2Model"], "use_swiglu_ffn": True}}),
    "dinov2_with_registers": ({**DINOV2, "model_type": "dinov2_with_registers", "architectures": ["Dinov2WithRegistersForImageClassification"], "num_register_tokens": 3},
                              {"base": {}, "swiglu": {"architectures": ["Dinov2WithRegistersModel"], "use_swiglu_ffn": True, "num_register_tokens": 1}}),
    "clip_vision_model": (CLIP_IMAGES, {"base": {}, "no-projection": {"projected": False, "hidden_act": "gelu"}}),
    "clip_text_model": (CLIP_TEXTS, {"base": {}, "first-configurations": {"eos_token_id": 2}, "no-projection": {"projected": False}}),
    "siglip_vision_model": (SIGLIP_IMAGES, {"base": {}, "classifier": {"id2label": LABELS}, "no-head": {"vision_use_head": False}}),
    "siglip_text_model": (SIGLIP_TEXTS, {"base": {}, "projection": {"projection_size": 20}}),
}


def changed(base, changes):
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def inputs(config, draw):
    """Images of the network's size and of others, or texts; each has a name."""
    if "vocab_size" not in config:
        height, width = towers.sides(config["image_size"])
        sizes = {"first": (height, width), "second": (height, width), "larger": (20, 36), "smaller": (8, 12), "uneven": (19, 22)}
        return {name: torch.randn(3, *size, generator=draw.generator) for name, size in sizes.items()}
    lengths = random.Random(5)
    full = config["max_position_embeddings"]
    texts = {"first": full, "second": 7, "third": 1}
    made = {}
    for name, length in texts.items():
        ids = [lengths.randrange(config["vocab_size"] - 2) for _ in range(length)]
        # The end stands within, and again behind: the first counts.
        for place in (length // 2, length - 1):
            ids[place] = config["vocab_size"] - 1
        made[name] = torch.tensor(ids, dtype=torch.int64)
    return made


def write_tower(folder, network, given):
    requests = [{"name": name, "input": name, "plan_text": None} for name in given]
    requests += [{"name": f"plan-{name}", "input": "first", "plan_text": text, "plan": steps} for name, (text, steps) in suite.plans(network.blocks).items()]
    expected = {}
    for request in requests:
        value = given[request["input"]]
        value = value.double() if value.is_floating_point() else value
        points = network.read(value, request.pop("plan", None))
        expected.update({f"{request['name']}/{point}": tensor.float() for point, tensor in points.items()})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "requests.json").write_text(json.dumps(requests))
    checkpoint.write(folder / "inputs.safetensors", {name: value.float() for name, value in given.items()})
    checkpoint.write(folder / "expected.safetensors", expected)
    return expected


def weights_of(shapes, draw):
    kinds = {towers.MATRIX: lambda shape: draw.matrix(*shape, inputs=torch.Size(shape[1:]).numel()), towers.BIAS: lambda shape: draw.bias(*shape),
             towers.GAIN: lambda shape: draw.gain(*shape), towers.TABLE: lambda shape: draw.normal(*shape, std=0.3)}
    return {name: kinds[kind](shape) for name, (shape, kind) in shapes.items()}


def double(weights):
    return {name: value.double() for name, value in weights.items()}


def write_variant(root, family, variant):
    base, members = VARIANTS[family]
    config = changed(base, members[variant])
    draw = variants.Draw(zlib.crc32(f"{family}/{variant}".encode()))
    weights = weights_of(towers.FAMILIES[family].shapes(config), draw)
    if config.get("torch_dtype") == "bfloat16":
        weights = {name: value.to(torch.bfloat16) for name, value in weights.items()}
    folder = root / f"{family}-{variant}"
    checkpoint.write_folder(folder, {key: value for key, value in config.items() if key not in ("projected", "pooler")}, weights)
    write_tower(folder, towers.tower(family, config, double(weights)), inputs(config, draw))


def write_pair(root, pair):
    """One checkpoint of two networks: projection_dim stands beside their configurations."""
    configs = [dict(VARIANTS[family][0]) for family in towers.PAIRS[pair]]
    draw = variants.Draw(zlib.crc32(pair.encode()))
    weights = {}
    for family, config in zip(towers.PAIRS[pair], configs):
        config.update({key: None for key in ("architectures",)})
        weights.update(weights_of(towers.FAMILIES[family].shapes(changed(config, {})), draw))
    weights["logit_scale"] = torch.tensor(2.6592) if pair == "clip" else torch.tensor([2.3])
    if pair == "siglip":
        weights["logit_bias"] = torch.tensor([-8.5])
    folder, results = root / pair, {}
    image, text = (changed(config, {"projection_dim": None}) for config in configs)
    whole = {"model_type": pair, "architectures": ["CLIPModel" if pair == "clip" else "SiglipModel"], "vision_config": image, "text_config": text}
    checkpoint.write_folder(folder, {**whole, **({"projection_dim": 20} if pair == "clip" else {})}, weights)
    for name, family, config in zip(("image", "text"), towers.PAIRS[pair], configs):
        given = inputs(config, draw)
        if name == "text" and pair == "siglip":
            given = {key: torch.cat([value, torch.ones(config["max_position_embeddings"] - len(value), dtype=torch.int64)]) for key, value in given.items()}
        expected = write_tower(folder / name, towers.tower(family, changed(config, {}), double(weights)), given)
        point = "pooled" if family == "siglip_vision_model" else "projected"
        results[name] = torch.cat([expected[f"{key}/{point}"] for key in given]).double()
    checkpoint.write(folder / "similarity.safetensors", {"logits_per_image": towers.similarity(pair, results["image"], results["text"], double(weights)).float()})


def main():
    torch.set_num_threads(1)
    root = Path(sys.argv[1])
    for family, (_, members) in VARIANTS.items():
        for variant in members:
            write_variant(root, family, variant)
    for pair in towers.PAIRS:
        write_pair(root, pair)


if __name__ == "__main__":
    main()
