"""Times the training of a translator with attention here and in PyTorch on the same CPU, in turn, and prints a table.

    cargo build --release -p translation
    python3 -m venv .venv && .venv/bin/pip install numpy torch
    .venv/bin/python benches/compare_torch_translation.py --threads 2 --rounds 5

Ours is the recipe as its users run it, `train` on a TSV of random words with everything that belongs to it. PyTorch's is the
same model in its usual form: a bidirectional encoder over a packed sequence, additive attention over keys that are projected
once a sentence, a decoder step by step with input feeding, tied target embeddings, label smoothing, clipping, Adam. Both have
as many sentences in a batch, of 8 to 24 words, those of a batch of like length, source and target of one length. A round is
one process each; the table has the medians of the rounds' target tokens a second, and the median of the rounds' ratios: above
1, ours is the faster. Our rate is the mean over the second of two epochs, PyTorch's the median of the steps after three that
do not count: the first steps of a process take longer on both sides.
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

VOCABULARY, D_EMBEDDING, D_HIDDEN, BATCH, BATCHES = 8000, 256, 512, 80, 24
SHORTEST, LONGEST = 8, 24
SPECIALS = 4


def write_pairs(path: str, batches: int) -> None:
    generator = random.Random(1)
    words = [f"w{number}" for number in range(VOCABULARY - SPECIALS)]
    with open(path, "w", encoding="utf-8") as file:
        # Each word once, so that the vocabulary is whole.
        for first in range(0, len(words), 16):
            line = " ".join(words[first : first + 16])
            file.write(f"{line}\t{line}\n")
        for number in range(batches * BATCH):
            length = SHORTEST + number % (LONGEST - SHORTEST + 1)
            sides = (" ".join(generator.choices(words, k=length)) for _ in range(2))
            file.write("\t".join(sides) + "\n")


def run_ours(args: argparse.Namespace, cell: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        train, valid = os.path.join(folder, "train.tsv"), os.path.join(folder, "valid.tsv")
        write_pairs(train, BATCHES)
        with open(train, encoding="utf-8") as pairs, open(valid, "w", encoding="utf-8") as head:
            head.writelines(line for _, line in zip(range(4), pairs))
        settings = {
            "data.source": f'{{ kind = "tsv", train = "{train}", valid = "{valid}" }}',
            "tokens": '{ source = { unit = "symbol" }, target = { unit = "symbol" } }',
            "model": json_to_toml(
                {
                    "encoder_cell": cell,
                    "decoder_cell": cell,
                    "d_embedding": D_EMBEDDING,
                    "d_hidden": D_HIDDEN,
                    "dropout_embedding": 0.3,
                    "dropout_output": 0.3,
                    "label_smoothing": 0.1,
                }
            ),
            "batches": f"{{ tokens = 100_000, sentences = {BATCH} }}",
            "training.epochs": 2,
            "training.learning_rate": 0.001,
            "training.clip": "{ global_norm = 1.0 }",
            "training.checkpoint": "{ every_minutes = 60.0 }",
            "training.monitor": '{ metric = "valid_nats_per_token", direction = "minimize" }',
        }
        command = [args.binary, "train", "--run", os.path.join(folder, "run"), "--json", "--quiet"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        threads = str(args.threads)
        environment = {**os.environ, "BURN_RECURRENT_THREADS": threads, "RAYON_NUM_THREADS": threads}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        with open(os.path.join(folder, "run", "metrics.jsonl"), encoding="utf-8") as metrics:
            _, second = map(json.loads, metrics)
    return second["tokens_per_second"]


def json_to_toml(table: dict) -> str:
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in table.items()) + " }"


def time_torch(cell: str, threads: int) -> float:
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layers, step = {"gru": (nn.GRU, nn.GRUCell), "lstm": (nn.LSTM, nn.LSTMCell)}[cell]
    module = nn.ModuleDict(
        {
            "source": nn.Embedding(VOCABULARY, D_EMBEDDING),
            "target": nn.Embedding(VOCABULARY, D_EMBEDDING),
            "encoder": layers(D_EMBEDDING, D_HIDDEN // 2, bidirectional=True, batch_first=True),
            "bridge": nn.Linear(D_HIDDEN, D_HIDDEN),
            "decoder": step(D_EMBEDDING + D_HIDDEN, D_HIDDEN),
            "query": nn.Linear(D_HIDDEN, D_HIDDEN, bias=False),
            "key": nn.Linear(D_HIDDEN, D_HIDDEN, bias=False),
            "energy": nn.Linear(D_HIDDEN, 1, bias=False),
            "attended": nn.Linear(2 * D_HIDDEN, D_HIDDEN),
            "project": nn.Linear(D_HIDDEN, D_EMBEDDING),
        }
    )
    drop = nn.Dropout(0.3)

    def loss(source, lengths, inputs, outputs):
        packed = pack_padded_sequence(drop(module["source"](source)), lengths, batch_first=True, enforce_sorted=False)
        values, _ = pad_packed_sequence(module["encoder"](packed)[0], batch_first=True, total_length=source.shape[1])
        padding = torch.arange(source.shape[1])[None] >= lengths[:, None]
        keys = module["key"](values)
        hidden = torch.tanh(module["bridge"](values.sum(1) / lengths[:, None]))
        state, fed = torch.zeros_like(hidden), torch.zeros_like(hidden)
        words, attended = drop(module["target"](inputs)), []
        for t in range(inputs.shape[1]):
            both = torch.cat([words[:, t], fed], dim=-1)
            if cell == "lstm":
                hidden, state = module["decoder"](both, (hidden, state))
            else:
                hidden = module["decoder"](both, hidden)
            scores = module["energy"](torch.tanh(keys + module["query"](hidden)[:, None])).squeeze(-1)
            weights = scores.masked_fill(padding, -torch.inf).softmax(-1)
            context = torch.bmm(weights[:, None], values)[:, 0]
            fed = torch.tanh(module["attended"](torch.cat([hidden, context], dim=-1)))
            attended.append(fed)
        logits = drop(module["project"](torch.stack(attended, 1))) @ module["target"].weight.T
        return nn.functional.cross_entropy(logits.flatten(0, 1), outputs.flatten(), ignore_index=0, label_smoothing=0.1)

    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    rates = []
    for index in range(3 + BATCHES):
        centre = SHORTEST + index * 7 % (LONGEST - SHORTEST)
        # With the token at the end, as ours has it on both sides.
        lengths = torch.randint(centre, centre + 2, (BATCH,)) + 1
        time_steps = int(lengths.max())
        padding = torch.arange(time_steps)[None] >= lengths[:, None]
        draw = lambda: torch.randint(SPECIALS, VOCABULARY, (BATCH, time_steps)).masked_fill(padding, 0)
        source, outputs = draw(), draw()
        inputs = torch.cat([torch.ones(BATCH, 1, dtype=torch.long), outputs[:, :-1]], dim=1)
        start = time.perf_counter()
        mean = loss(source, lengths, inputs, outputs)
        optimizer.zero_grad(set_to_none=True)
        mean.backward()
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        mean.item()
        if index >= 3:
            rates.append(int(lengths.sum()) / (time.perf_counter() - start))
    return statistics.median(rates)


if __name__ == "__main__":
    compare(
        __doc__,
        __file__,
        "target/release/translation",
        "cells",
        ["gru", "lstm"],
        "| translator, additive attention, input feeding | ours tokens/s | PyTorch tokens/s | ours / PyTorch |",
        run_ours,
        time_torch,
        decimals=0,
    )
