#!/usr/bin/env python3
"""The PyTorch side of the benchmarks: a worker that times a random GPT-2 on request, and numpy where numpy is what people use.

Reads one JSON object per line and answers each with one line, so that a benchmark can alternate between the two sides and both meet
the same load of the machine. Every timing answer has "seconds", one entry per repeat; before the first timing of a new shape the
work is done once unmeasured. Tokens are random but fixed by the seed.

  {"cmd": "setup", "seed": 0, "blocks": 12, "width": 768, "heads": 12, "vocab": 50257, "positions": 1024}
  {"cmd": "forward", "batch": 4, "length": 256, "threads": 2, "repeat": 1}                     with loss
  {"cmd": "capture", ..., "pool": "none" | "mean" | "last"}                                    keeps resid_post of every block
  {"cmd": "sweep", ..., "plans": [[0, 1, 3], ...]}                                             a loop over plans, each with loss; a list as a step runs in parallel
  {"cmd": "generate", "length": 64, "new": 32, "threads": 2, "repeat": 1}                      greedy, cached, one sequence
  {"cmd": "cka", "layers": 13, "samples": 4096, "width": 768, "threads": 2}                    linear CKA of all pairs in numpy float32
  {"cmd": "entropy", "prompts": 256, "length": 256, "width": 768, "threads": 2}                prompt entropy by numpy's eigvalsh, one layer
  {"cmd": "memory"}                                                                            most bytes that were resident at once
  {"cmd": "matmul", "m": 1024, "n": 3072, "k": 768, "threads": 2, "repeat": 10}                [m, k] x [k, n]
  {"cmd": "info"}, {"cmd": "quit"}

From a shell: peer.py --once forward --batch 4 --length 256 --threads 2 --repeat 5
"""

import argparse
import ctypes
import json
import re
import sys
import time

import numpy
import torch

from gpt2 import Gpt2
from matrices import linear_cka, prompt_entropies

POOLS = {
    "none": torch.clone,
    "mean": lambda h: h.mean(1),
    "last": lambda h: h[:, -1].clone(),
}


def keep_memory():
    """Tells glibc to keep freed memory instead of giving it back, as PyTorch's tuning guide does with other allocators.

    Otherwise each large temporary tensor is mapped and zeroed anew.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        m_trim_threshold, m_mmap_max = -1, -4
        libc.mallopt(m_mmap_max, 0)
        libc.mallopt(m_trim_threshold, 2 ** 31 - 1)


def blas():
    """Which BLAS computes the matrix products, with a warning if it is not a threaded one that PyTorch can steer."""
    if torch.backends.mkl.is_available():
        return "MKL"
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = set(re.findall(r"/\S*blas\S*", maps.read()))
    openblas = [path for path in paths if "openblas" in path.rsplit("/", 1)[-1]]
    if not openblas:
        print(f"warning: no OpenBLAS is loaded, so matrix products are slow; found {sorted(paths)}", file=sys.stderr)
        return ", ".join(sorted(paths)) or "unknown"
    library = ctypes.CDLL(openblas[0])
    library.openblas_get_config.restype = ctypes.c_char_p
    if library.openblas_get_parallel() != 2:
        print("warning: OpenBLAS is not the OpenMP build, so the number of threads cannot be set; "
              "on Debian install libopenblas0-openmp", file=sys.stderr)
    return library.openblas_get_config().decode()


class Worker:
    """One network and the commands on it."""

    def __init__(self):
        self.network, self.blas, self.warm = None, blas(), set()

    def info(self, request):
        return {"torch": torch.__version__, "numpy": numpy.__version__, "blas": self.blas, "threads": torch.get_num_threads()}

    def setup(self, request):
        self.network = Gpt2(**request)
        self.warm.clear()
        return self.info(request)

    def tokens(self, request, batch):
        generator = torch.Generator().manual_seed(1)
        return torch.randint(self.network.vocab, (batch, request["length"]), generator=generator)

    def forward(self, request):
        tokens = self.tokens(request, request["batch"])
        return self.timed(request, lambda: {"loss": self.network.forward(tokens)})

    def capture(self, request):
        tokens, pool = self.tokens(request, request["batch"]), POOLS[request.get("pool", "none")]

        def run():
            kept = []
            loss = self.network.forward(tokens, keep=lambda h: kept.append(pool(h)))
            return {"loss": loss, "kept_bytes": sum(h.numel() * h.element_size() for h in kept)}

        return self.timed(request, run)

    def sweep(self, request):
        tokens = self.tokens(request, request["batch"])
        return self.timed(request, lambda: {"losses": [self.network.forward(tokens, plan) for plan in request["plans"]]})

    def cka(self, request):
        random = numpy.random.default_rng(1)
        layers = [random.standard_normal((request["samples"], request["width"]), dtype=numpy.float32) for _ in range(request["layers"])]
        return self.timed(request, lambda: {"sum": float(linear_cka(layers).sum())})

    def entropy(self, request):
        random = numpy.random.default_rng(1)
        prompts = random.standard_normal((request["prompts"], request["length"], request["width"]), dtype=numpy.float32)
        return self.timed(request, lambda: {"mean": float(numpy.mean(prompt_entropies(prompts)))})

    def memory(self, request):
        with open("/proc/self/status", encoding="ascii") as status:
            return {"bytes": 1024 * int(re.search(r"VmHWM:\s*([0-9]+)", status.read())[1])}

    def generate(self, request):
        prompt = self.tokens(request, 1)
        return self.timed(request, lambda: {"tokens": self.network.generate(prompt, request["new"])})

    def matmul(self, request):
        m, n, k = request["m"], request["n"], request["k"]
        a, b, out = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)

        def run():
            torch.mm(a, b, out=out)
            return {}

        result = self.timed(request, run)
        return {**result, "gflops": 2e-9 * m * n * k / min(result["seconds"])}

    def timed(self, request, run):
        """Seconds of each repeat, and what the last one returned."""
        torch.set_num_threads(request.get("threads", 1))
        key = json.dumps({**request, "repeat": None})
        if key not in self.warm:
            self.warm.add(key)
            run()
        seconds, result = [], {}
        for _ in range(request.get("repeat", 1)):
            start = time.perf_counter()
            result = run()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds, **result}

    @torch.inference_mode()
    def answer(self, request):
        request = dict(request)
        command = request.pop("cmd")
        commands = {"info": self.info, "setup": self.setup, "forward": self.forward, "capture": self.capture,
                    "sweep": self.sweep, "generate": self.generate,
                    "matmul": self.matmul, "cka": self.cka, "entropy": self.entropy, "memory": self.memory}
        if command not in commands:
            raise ValueError(f"cmd is one of {', '.join(commands)}, not {command!r}")
        if self.network is None and command in ("forward", "capture", "sweep", "generate"):
            self.setup({})
        return commands[command](request)


def serve(worker):
    """Answers requests until "quit" or the end of input. A request that fails is answered with its error."""
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if request["cmd"] == "quit":
                return
            answer = worker.answer(request)
        except Exception as error:  # The benchmark shall see the reason, and may go on.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", choices=["info", "forward", "capture", "sweep", "generate", "matmul", "cka", "entropy"])
    defaults = dict(batch=4, length=256, threads=1, repeat=3, new=32, m=1024, n=3072, k=768, layers=13, samples=4096, width=768, prompts=256)
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--pool", choices=POOLS, default="none")
    parser.add_argument("--plans", type=json.loads, default=[[*range(i), *range(i + 1, 12)] for i in range(12)],
                        help="JSON list of lists of block indices; without it, each block left out in turn")
    arguments = vars(parser.parse_args())
    once = arguments.pop("once")
    keep_memory()
    worker = Worker()
    if once is None:
        serve(worker)
    else:
        print(json.dumps(worker.answer({"cmd": once, **arguments}), indent=1))


if __name__ == "__main__":
    main()
