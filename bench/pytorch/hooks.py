#!/usr/bin/env python3
"""The PyTorch side of the benchmarks of interventions: loops of hooked forward passes, one for each change.

Speaks the protocol of peer.py and has its commands, and two more:

  {"cmd": "ablate", "batch": 8, "length": 128, "threads": 2, "heads": [[0, 0], [0, 6], ...]}    zero-ablation of (block, head), each with loss
  {"cmd": "patch", "length": 64, "threads": 2, "cells": [[0, 0], [0, 8], ...]}                  resid_pre of (block, position) patched, last position's scores
"""

import torch

import peer
from gpt2 import Gpt2


class HookedGpt2(Gpt2):
    """A GPT-2 whose streams and head outputs can be changed on the way."""

    def ablated(self, tokens, block, head):
        """Loss with what one head mixes set to 0."""
        batch, length = tokens.shape
        h = self.embed(tokens)
        for i, weights in enumerate(self.blocks):
            qkv = torch.addmm(weights.qkv_bias, self.norm(h, weights.norm_1), weights.qkv)
            z = self.attention(qkv, batch, length)
            if i == block:
                z.view(batch * length, self.heads, -1)[:, head] = 0
            h.add_(weights.out_bias).addmm_(z, weights.out)
            self.mlp_(h, weights)
        return self.loss(h, tokens)

    def streams(self, tokens):
        """The stream before each block."""
        batch, length = tokens.shape
        h, kept = self.embed(tokens), []
        for block in self.blocks:
            kept.append(h.clone())
            self.block_(h, block, batch, length)
        return kept

    def patched(self, tokens, clean, block, position):
        """Scores after the last token with one row of the stream before a block taken from another run."""
        batch, length = tokens.shape
        h = self.embed(tokens)
        for i, weights in enumerate(self.blocks):
            if i == block:
                h[position] = clean[block][position]
            self.block_(h, weights, batch, length)
        return self.token_embedding.mv(self.norm(h[-1], self.final_norm))


class HookWorker(peer.Worker):
    """A worker that knows interventions."""

    def setup(self, request):
        self.network = HookedGpt2(**request)
        self.warm.clear()
        return self.info(request)

    def ablate(self, request):
        tokens = self.tokens(request, request["batch"])
        return self.timed(request, lambda: {"losses": [self.network.ablated(tokens, *head) for head in request["heads"]]})

    def patch(self, request):
        clean, tokens = self.tokens(request, 2).split(1)
        kept = self.network.streams(clean)

        def run():
            scores = [self.network.patched(tokens, kept, *cell) for cell in request["cells"]]
            return {"differences": [float(s[1] - s[2]) for s in scores]}

        return self.timed(request, run)

    @torch.inference_mode()
    def answer(self, request):
        own = {"ablate": self.ablate, "patch": self.patch}.get(request["cmd"])
        if own is None:
            return super().answer(request)
        if self.network is None:
            self.setup({})
        return own({key: value for key, value in request.items() if key != "cmd"})


if __name__ == "__main__":
    peer.keep_memory()
    peer.serve(HookWorker())
