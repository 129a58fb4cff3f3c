"""Times recurrent layers here and in PyTorch on the same CPU, in turn, and prints a table of medians and ratios.

    cargo build --release -p burn-recurrent --features flex --example throughput
    python3 -m venv .venv && .venv/bin/pip install numpy torch
    .venv/bin/python benches/compare_torch.py --threads 2 --rounds 15

A round is a process of ours and then PyTorch, which stays loaded; each gives the median of `--repeat` runs after three
that do not count. Some processes of PyTorch are faster than others in all that they do, so the rounds are dealt out to
`--processes` of them, one after the other. The table has the median of the rounds and, because a machine's speed drifts,
the median of the rounds' ratios: many short rounds say more than a few long ones.
The work is the same on both sides: `forward` is the output and its sum read back, without gradients; `train` is a
forward pass, the mean of the output's squares, and the gradients of input and weights; `step` is one step of generation
with the state carried, without gradients.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

#        cell    batch,time,input,hidden  layers  bidirectional
LAYERS = [
    ("lstm", "20,35,200,200", 1, False),
    ("lstm", "20,35,650,650", 1, False),
    ("lstm", "64,50,256,256", 1, False),
    ("lstm", "64,50,512,512", 1, False),
    ("lstm", "1,100,256,256", 1, False),
    ("gru", "20,35,200,200", 1, False),
    ("gru", "20,35,650,650", 1, False),
    ("gru", "64,50,256,256", 1, False),
    ("gru", "64,50,512,512", 1, False),
    ("gru", "1,100,256,256", 1, False),
    ("lstm", "32,40,128,256", 2, True),
    ("gru", "32,40,128,256", 2, True),
]
# One step of generation.
STEPS = [("lstm", "1,1,512,512", 1, False), ("gru", "1,1,512,512", 1, False)]


def time_torch(cell: str, shape: str, layers: int, bidirectional: bool, mode: str, repeat: int) -> float:
    import torch

    batch, steps, d_input, d_hidden = map(int, shape.split(","))
    kind = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
    module = kind(d_input, d_hidden, num_layers=layers, batch_first=True, bidirectional=bidirectional)
    x = torch.randn(batch, steps, d_input, requires_grad=mode == "train")

    def forward() -> None:
        with torch.no_grad():
            module(x)[0].sum().item()

    def train() -> None:
        for parameter in module.parameters():
            parameter.grad = None
        x.grad = None
        module(x)[0].square().mean().backward()

    state = None

    def step() -> None:
        nonlocal state
        with torch.no_grad():
            _, state = module(x, state)

    run = {"train": train, "forward": forward, "step": step}[mode]
    times = []
    for index in range(3 + repeat):
        start = time.perf_counter()
        run()
        if index >= 3:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def serve_torch(threads: int) -> None:
    """Times what each line of the standard input asks for."""
    import torch

    torch.set_num_threads(threads)
    print("ready", flush=True)
    for line in sys.stdin:
        print(time_torch(*json.loads(line)), flush=True)


def run_torch(server: subprocess.Popen, layer: tuple, mode: str, repeat: int) -> float:
    server.stdin.write(json.dumps([*layer, mode, repeat]) + "\n")
    server.stdin.flush()
    return float(server.stdout.readline())


def run_ours(args: argparse.Namespace, layer: tuple, mode: str) -> float:
    cell, shape, layers, bidirectional = layer
    command = [
        args.binary, "--cell", cell, "--shape", shape, "--layers", str(layers), "--mode", mode, "--path", "fused",
        "--threads", str(args.threads), "--repeat", str(args.repeat), "--json",
    ]
    if bidirectional:
        command.append("--bidirectional")
    environment = {**os.environ, "RAYON_NUM_THREADS": str(args.threads)}
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return json.loads(output)["median_ms"]


def name_of(layer: tuple) -> str:
    cell, shape, layers, bidirectional = layer
    return f"{cell} {shape.replace(',', '/')}" + (f", {layers} layers, bidirectional" if bidirectional else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--processes", type=int, default=5, help="no more than rounds")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--binary", default="target/release/examples/throughput")
    parser.add_argument("--only", nargs="+", help="rows with one of these in their name or mode")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve_torch(args.threads)
        return
    if not os.path.isfile(args.binary):
        parser.error(f"there is no {args.binary}: build it as `--help` says, or name it with --binary")
    work = [(layer, mode) for layer in LAYERS for mode in ("forward", "train")] + [(layer, "step") for layer in STEPS]
    work = [(layer, mode) for layer, mode in work if any(part in f"{name_of(layer)} {mode}" for part in args.only or [""])]
    pairs = [[] for _ in work]
    for process in range(args.processes):
        server = subprocess.Popen(
            [sys.executable, __file__, "--serve", "--threads", str(args.threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        # Its start would take time from the first measurement.
        server.stdout.readline()
        for (layer, mode), done in zip(work, pairs):
            print(f"process {process + 1} of {args.processes}: {name_of(layer)} {mode}", file=sys.stderr)
            while len(done) < args.rounds * (process + 1) // args.processes:
                done.append((run_ours(args, layer, mode), run_torch(server, layer, mode, args.repeat)))
        server.stdin.close()
        server.wait()
    print("| layer, batch/time/input/hidden | mode | ours ms | PyTorch ms | ours / PyTorch |")
    print("| --- | --- | --- | --- | --- |")
    for (layer, mode), done in zip(work, pairs):
        ours, torch = (statistics.median(times) for times in zip(*done))
        ratio = statistics.median(ours / torch for ours, torch in done)
        print(f"| {name_of(layer)} | {mode} | {ours:.3g} | {torch:.3g} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
