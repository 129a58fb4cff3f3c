"""Compares random PyTorch layers with `run_pytorch`, and PyTorch with the weights that it exports.

    python3 -m venv .venv && .venv/bin/pip install numpy torch safetensors
    cargo build --release -p burn-recurrent-weights --features flex --example run_pytorch
    .venv/bin/python benches/check_torch_weights.py target/release/examples/run_pytorch --configurations 60

Each configuration is an RNN, GRU or LSTM of 1 to 3 layers, one or two directions, with biases or not, an LSTM projected or
not, saved as safetensors or `.pt`, alone or in a larger model, run over equal or ragged lengths with an initial state or
without. The deviation is the largest absolute difference of any number of the output and the final states. It ends with
1 if one is above 1e-5.
"""
import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def run_torch(module: torch.nn.Module, tensors: dict) -> dict:
    is_lstm = isinstance(module, torch.nn.LSTM)
    state = tensors.get("h0")
    if is_lstm and state is not None:
        state = (state, tensors["c0"])
    with torch.no_grad():
        if "lengths" in tensors:
            packed = pack_padded_sequence(tensors["input"], tensors["lengths"], True, enforce_sorted=False)
            output, final = module(packed, state)
            output, _ = pad_packed_sequence(output, True, total_length=tensors["input"].shape[1])
        else:
            output, final = module(tensors["input"], state)
    if is_lstm:
        return {"output": output, "h_n": final[0], "c_n": final[1]}
    return {"output": output, "h_n": final}


def deviation(found: dict, expected: dict) -> float:
    assert found.keys() == expected.keys(), (found.keys(), expected.keys())
    for name, tensor in expected.items():
        assert found[name].shape == tensor.shape, (name, found[name].shape, tensor.shape)
    return max((found[name] - tensor).abs().max().item() for name, tensor in expected.items())


def check(binary: str, folder: Path) -> tuple[str, float, float]:
    cell = random.choice(["rnn", "gru", "lstm"])
    d_input, d_hidden = random.randint(1, 40), random.randint(1, 40)
    options = {
        "num_layers": random.randint(1, 3), "bidirectional": random.random() < 0.5, "bias": random.random() < 0.7,
    }
    arguments = ["--cell", cell]
    if cell == "rnn":
        options["nonlinearity"] = random.choice(["tanh", "relu"])
        arguments += ["--nonlinearity", options["nonlinearity"]]
    if cell == "lstm" and d_hidden > 1 and random.random() < 0.5:
        options["proj_size"] = random.randint(1, d_hidden - 1)
    if options["bidirectional"]:
        arguments.append("--bidirectional")
    kind = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
    module = kind(d_input, d_hidden, batch_first=True, **options)

    prefix = random.choice(["", "encoder.", "model.decoder.rnn."])
    weights = {prefix + name: value.clone() for name, value in module.state_dict().items()}
    if prefix:
        weights["head.weight"] = torch.randn(3, 5)
    path = folder / random.choice(["weights.safetensors", "weights.pt"])
    save_file(weights, path) if path.suffix == ".safetensors" else torch.save(weights, path)

    batch, time = random.randint(1, 6), random.randint(1, 30)
    tensors = {"input": torch.randn(batch, time, d_input)}
    if random.random() < 0.5:
        lengths = [random.randint(1, time) for _ in range(batch)]
        tensors["lengths"] = torch.tensor(lengths)
    stack = options["num_layers"] * (1 + options["bidirectional"])
    if random.random() < 0.5:
        tensors["h0"] = torch.randn(stack, batch, options.get("proj_size", d_hidden))
        if cell == "lstm":
            tensors["c0"] = torch.randn(stack, batch, d_hidden)
    save_file(tensors, folder / "in.safetensors")

    files = {name: str(folder / f"{name}.safetensors") for name in ("in", "out", "export")}
    arguments += ["--weights", str(path), "--prefix", prefix, "--layers", str(options["num_layers"])]
    arguments += ["--input", files["in"], "--output", files["out"], "--export", files["export"]]
    subprocess.run([binary, *arguments], check=True)

    expected = run_torch(module, tensors)
    ours = deviation(load_file(files["out"]), expected)
    again = kind(d_input, d_hidden, batch_first=True, **options)
    exported = {name.removeprefix(prefix): value for name, value in load_file(files["export"]).items()}
    again.load_state_dict(exported, strict=True)
    theirs = deviation(run_torch(again, tensors), expected)
    named = f"{cell} {d_input}->{d_hidden} {options} {path.suffix} batch {batch} time {time}"
    return named + f" {sorted(tensors.keys() - {'input'})}", ours, theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="the example run_pytorch, built")
    parser.add_argument("--configurations", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    torch.manual_seed(options.seed)
    worst = [0.0, 0.0]
    for _ in range(options.configurations):
        with tempfile.TemporaryDirectory() as folder:
            named, ours, theirs = check(options.binary, Path(folder))
        print(f"{ours:.1e} {theirs:.1e}  {named}")
        worst = [max(worst[0], ours), max(worst[1], theirs)]
    print(f"largest deviation: run_pytorch {worst[0]:.2e}, PyTorch with exported weights {worst[1]:.2e}")
    if max(worst) > 1e-5:
        sys.exit(1)


if __name__ == "__main__":
    main()
