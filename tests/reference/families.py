"""All families by their model_type, and what runs one of them from a folder."""

import json

import torch

import checkpoint
import encoder_families
import gpt_families
import llama_families
import networks
import state_space_families

DECODERS = {**gpt_families.FAMILIES, **llama_families.FAMILIES, **state_space_families.FAMILIES}
ENCODERS = encoder_families.FAMILIES
FAMILIES = {"gpt2": networks.Gpt2, "llama": networks.Llama, **DECODERS, **ENCODERS}


def load(folder, dtype=torch.float32):
    """The network of a model folder, computing in the given dtype whatever its weights are stored in."""
    config, weights = checkpoint.read_folder(folder)
    weights = {name: value.to(dtype) for name, value in weights.items()}
    return FAMILIES[config.get("model_type", "mamba_ssm")](config, weights)


def run_requests(network, requests):
    """Tensors REQUEST/POINT, in float32, of a list of {"name", "tokens", "plan", "positions"?, "types"?}."""
    results = {}
    for request in requests:
        network.types = request.get("types")
        points = network.run(request["tokens"], request.get("positions"), request.get("plan"))
        results.update({f"{request['name']}/{point}": value.float() for point, value in points.items()})
    return results


def read_requests(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
