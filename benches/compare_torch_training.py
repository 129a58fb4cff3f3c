"""Times whole training steps of language models here and in PyTorch on the same CPU, in turn, and prints a table.

    cargo build --release -p language-modelling
    python3 -m venv .venv && .venv/bin/pip install numpy torch
    .venv/bin/python benches/compare_torch_training.py --threads 2 --rounds 5

Ours is the recipe as its users run it, `train` on a text of random words or characters with everything that belongs to it:
reading the text into batches, embedding, LSTM, dropout, output layer, cross entropy, backward pass, clipping, update,
progress. PyTorch's is the same model in its usual form (`nn.Embedding`, `nn.LSTM`, `nn.Linear`, `cross_entropy`,
`clip_grad_norm_`, `SGD`), on random tokens. A round is one process each; the table has the median of the rounds and the
median of the rounds' ratios. Our step is the mean over the second of two epochs, PyTorch's the median of up to 30 steps
after three that do not count: the first steps of a process take longer on both sides.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time

from rounds import compare

#             config              vocabulary width lanes steps dropout batches
MODELS = {
    "ptb-small": ("ptb-small", 10_000, 200, 20, 20, 0.0, 80),
    "ptb-medium": ("ptb-medium", 10_000, 650, 20, 35, 0.5, 25),
    "2 x 512 characters": ("shakespeare-char", 65, 512, 64, 128, 0.2, 12),
}


def write_text(path: str, words: bool, vocabulary: int, tokens: int) -> None:
    generator = random.Random(1)
    # The end of a line is a token too.
    others = vocabulary - 1
    drawn = [i % others for i in range(tokens)]
    generator.shuffle(drawn)
    with open(path, "w", encoding="utf-8") as file:
        for first in range(0, tokens, 19):
            line = drawn[first : first + 19]
            file.write(" ".join(f"w{token}" for token in line) if words else "".join(chr(48 + t) for t in line))
            file.write("\n")


def run_ours(args: argparse.Namespace, name: str) -> float:
    config, vocabulary, width, lanes, steps, dropout, batches = MODELS[name]
    words = config != "shakespeare-char"
    with tempfile.TemporaryDirectory() as folder:
        train, valid = os.path.join(folder, "train.txt"), os.path.join(folder, "valid.txt")
        write_text(train, words, vocabulary, batches * lanes * steps * 19 // 20)
        with open(train, encoding="utf-8") as text, open(valid, "w", encoding="utf-8") as head:
            head.writelines(line for _, line in zip(range(100), text))
        settings = {
            "data.source": f'{{ kind = "files", train = "{train}", valid = "{valid}" }}',
            "model.d_embedding": width,
            "model.d_hidden": width,
            "model.dropout": dropout,
            "model.tied": "false",
            "batches.lanes": lanes,
            "batches.steps": steps,
            "batches.remainder": '"drop"',
            "training.epochs": 2,
            "training.learning_rate": 0.1,
            "training.optimizer": '{ kind = "sgd" }',
            "training.clip": "{ global_norm = 5.0 }",
            "training.checkpoint": "{ every_minutes = 60.0 }",
        }
        command = [args.binary, "train", config, "--run", os.path.join(folder, "run"), "--json", "--quiet"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        threads = str(args.threads)
        environment = {**os.environ, "BURN_RECURRENT_THREADS": threads, "RAYON_NUM_THREADS": threads}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        with open(os.path.join(folder, "run", "metrics.jsonl"), encoding="utf-8") as metrics:
            _, second = map(json.loads, metrics)
    return lanes * steps / second["tokens_per_second"] * 1e3


def time_torch(name: str, threads: int) -> float:
    import torch

    _, vocabulary, width, lanes, steps, dropout, batches = MODELS[name]
    torch.set_num_threads(threads)
    embedding = torch.nn.Embedding(vocabulary, width)
    lstm = torch.nn.LSTM(width, width, 2, dropout=dropout, batch_first=True)
    output = torch.nn.Linear(width, vocabulary)
    drop = torch.nn.Dropout(dropout)
    parameters = [*embedding.parameters(), *lstm.parameters(), *output.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    inputs = torch.randint(0, vocabulary, (lanes, steps))
    targets = torch.randint(0, vocabulary, (lanes, steps))
    state = None
    times = []
    for index in range(3 + min(batches, 30)):
        start = time.perf_counter()
        if state is not None:
            state = tuple(part.detach() for part in state)
        features, state = lstm(drop(embedding(inputs)), state)
        loss = torch.nn.functional.cross_entropy(output(drop(features)).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        loss.item()
        if index >= 3:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


if __name__ == "__main__":
    compare(
        __doc__,
        __file__,
        "target/release/language-modelling",
        "models",
        MODELS,
        "| training step | ours ms | PyTorch ms | ours / PyTorch |",
        run_ours,
        time_torch,
        decimals=1,
    )
