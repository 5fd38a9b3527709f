"""The safetensors container and the Hugging Face model folder, in the few lines that the reference needs.

Layout of a file: the length of the header as a little-endian 64-bit number, the header as JSON (name -> dtype, shape,
byte range within the data), then the data.
"""

import json
import struct
from pathlib import Path

import numpy
import torch

DTYPES = {"F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16,
          "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def write(path, tensors):
    """Writes named tensors, in their own dtype."""
    header, chunks, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        # Viewed as bytes, because numpy has no bfloat16.
        data = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        file.writelines(chunks)


def read(path):
    """All tensors of a file by name."""
    content = numpy.fromfile(path, numpy.uint8)
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start].tobytes())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        data = torch.from_numpy(content[start + begin:start + end].copy())
        tensors[name] = data.view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def write_folder(folder, config, tensors, shards=1):
    """Writes config.json and the weights, in one file or in shards with their index."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    if shards == 1:
        write(folder / "model.safetensors", tensors)
        return
    names, weight_map = list(tensors), {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        members = names[shard::shards]
        write(folder / file, {name: tensors[name] for name in members})
        weight_map.update(dict.fromkeys(members, file))
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def read_folder(folder):
    """Config and weights of a model folder."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return config, read(folder / "model.safetensors")
    tensors = {}
    for file in sorted(set(json.loads(index.read_text())["weight_map"].values())):
        tensors.update(read(folder / file))
    return config, tensors
