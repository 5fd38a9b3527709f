"""Reads a saved folder with nothing but Python: read_saved.py FOLDER writes FOLDER/read.json: config, and SHA-256, dtype and shape of every tensor."""
import hashlib
import json
import os
import struct
import sys

folder = sys.argv[1]


def shard(name):
    with open(os.path.join(folder, name), "rb") as f:
        data = f.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    assert header.pop("__metadata__")["format"] == "pt"
    begin = 8 + length
    end = 0
    for tensor, entry in header.items():
        start, stop = entry["data_offsets"]
        assert start == end, f"gap before {tensor}"
        end = stop
        yield tensor, {"dtype": entry["dtype"], "shape": entry["shape"], "sha": hashlib.sha256(data[begin + start:begin + stop]).hexdigest()}
    assert begin + end == len(data)


index = os.path.join(folder, "model.safetensors.index.json")
tensors = {}
if os.path.exists(index):
    with open(index) as f:
        places = json.load(f)["weight_map"]
    for name in sorted(set(places.values())):
        for tensor, entry in shard(name):
            assert places.pop(tensor) == name
            tensors[tensor] = entry
    assert not places
else:
    tensors = dict(shard("model.safetensors"))
with open(os.path.join(folder, "config.json")) as f:
    config = json.load(f)
with open(os.path.join(folder, "read.json"), "w") as f:
    json.dump({"config": config, "tensors": tensors}, f)
