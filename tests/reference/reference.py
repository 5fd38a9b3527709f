#!/usr/bin/env python3
"""An independent reference for all families, in plain PyTorch: the oracle of the tests of Strata.Models.

  reference.py make FOLDER --family NAME --variant NAME --seed N           a small random network in Hugging Face layout
  reference.py forward FOLDER --requests REQUESTS.json --out OUT.safetensors [--float64]
  reference.py generate FOLDER --tokens 1 2 3 --max-new N                  greedy continuation, as a JSON list
  reference.py suite ROOT --seed N                                         every variant with requests and expected tensors
  reference.py selfcheck                                                   the reference against other definitions

Requests are a list of {"name", "tokens", "plan", "positions"?}. A plan is null or a list of steps {"block": i}, {"attn": i},
{"mlp": i}, {"parallel": [steps], "times": k}. The results are named NAME/HOOK_POINT; with heads side by side, q, k, v and z are
[T, heads * d]; attn.q and attn.k are those before the rotary turn, attn.rot_q and attn.rot_k after it; keys hidden from a query
have score -inf.
"""

import argparse
import json

import torch

import checkpoint
import families
import selfcheck
import suite
import variants


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)

    make = commands.add_parser("make")
    make.add_argument("folder")
    make.add_argument("--family", choices=variants.VARIANTS, required=True)
    make.add_argument("--variant", required=True)
    make.add_argument("--seed", type=int, default=0)

    forward = commands.add_parser("forward")
    forward.add_argument("folder")
    forward.add_argument("--requests", required=True)
    forward.add_argument("--out", required=True)
    forward.add_argument("--float64", action="store_true")

    generate = commands.add_parser("generate")
    generate.add_argument("folder")
    generate.add_argument("--tokens", type=int, nargs="+", required=True)
    generate.add_argument("--max-new", type=int, required=True)

    whole = commands.add_parser("suite")
    whole.add_argument("root")
    whole.add_argument("--seed", type=int, default=0)

    commands.add_parser("selfcheck")
    arguments = parser.parse_args()
    if arguments.command == "make" and arguments.variant not in variants.VARIANTS[arguments.family][1]:
        parser.error(f"variants of {arguments.family}: {', '.join(variants.VARIANTS[arguments.family][1])}")
    return arguments


def main():
    arguments = parse()
    torch.set_num_threads(1)  # The networks are small: threads would cost more than they give.
    if arguments.command == "make":
        variants.make(arguments.folder, arguments.family, arguments.variant, arguments.seed)
    elif arguments.command == "forward":
        network = families.load(arguments.folder, torch.float64 if arguments.float64 else torch.float32)
        results = families.run_requests(network, families.read_requests(arguments.requests))
        checkpoint.write(arguments.out, results)
    elif arguments.command == "generate":
        print(json.dumps(families.load(arguments.folder).generate(arguments.tokens, arguments.max_new)))
    elif arguments.command == "suite":
        suite.write(arguments.root, arguments.seed)
    else:
        selfcheck.run()


if __name__ == "__main__":
    main()
