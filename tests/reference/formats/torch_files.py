"""Files as torch.save writes them, and what is in them: torch_files.py FOLDER."""
import json
import os
import sys
from collections import OrderedDict

import torch

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
expected = {}


def save(name, value, tensors=None, **options):
    """tensors: the named tensors that a reader should find; by default the value itself."""
    torch.save(value, os.path.join(folder, name), **options)
    names = {"torch.float32": "F32", "torch.float64": "F64", "torch.float16": "F16", "torch.bfloat16": "BF16", "torch.int64": "I64", "torch.int32": "I32",
             "torch.int16": "I16", "torch.int8": "I8", "torch.uint8": "U8", "torch.bool": "BOOL"}
    expected[name] = {key: {"dtype": names[str(t.dtype)], "shape": list(t.shape), "values": t.detach().to(torch.float32).reshape(-1).tolist()}
                      for key, t in (tensors or value).items()}


torch.manual_seed(5)
for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool):
    values = torch.randn(3, 5) if dtype.is_floating_point else torch.randint(-100, 100, (3, 5)) if dtype not in (torch.uint8, torch.bool) else torch.randint(0, 2, (3, 5))
    save(f"{str(dtype)[6:]}.pt", {"x": values.to(dtype), "scalar": values[0, 0].to(dtype).clone(), "empty": torch.empty(0, 3, dtype=dtype)})

base = torch.arange(24.0)
grid = base.reshape(4, 6)
save("views.pt", {"whole": base, "turned": grid.t(), "part": grid[1:3, 2:5], "steps": grid[:, ::2], "last": base[20:], "permuted": base.reshape(2, 3, 4).permute(2, 0, 1), "one": grid[2:3, :]})

module = torch.nn.Sequential(OrderedDict(a=torch.nn.Linear(3, 4), b=torch.nn.LayerNorm(4)))
module.a.weight.data = torch.randn(4, 3)
save("module.bin", module.state_dict())

tied = torch.nn.Parameter(torch.randn(5, 2))
save("tied.bin", {"wte": tied, "head": tied, "frozen": torch.nn.Parameter(torch.randn(2), requires_grad=False)})

save("nested.pt", {"model": module.state_dict(), "step": 17, "rate": 0.5, "note": "x", "flags": [True, None, (1, 2 ** 40)], "layers": [torch.ones(2), {"w": torch.zeros(1)}], "size": torch.Size([2, 3])},
     {**{"model." + k: v for k, v in module.state_dict().items()}, "layers.0": torch.ones(2), "layers.1.w": torch.zeros(1)})

for protocol in (2, 3, 4, 5):
    save(f"protocol{protocol}.pt", {"w": torch.full((2, 2), float(protocol)), "n": 300 + protocol}, {"w": torch.full((2, 2), float(protocol))}, pickle_protocol=protocol)

torch.save({"x": torch.ones(1)}, os.path.join(folder, "legacy.bin"), _use_new_zipfile_serialization=False)
torch.save({"x": torch.ones(1).expand(1000)}, os.path.join(folder, "expanded.pt"))
torch.save(torch.nn.Linear(2, 2), os.path.join(folder, "whole_module.pt"))
torch.jit.script(torch.nn.Linear(2, 2)).save(os.path.join(folder, "script.pt"))
with open(os.path.join(folder, "expected.json"), "w") as f:
    json.dump(expected, f)
