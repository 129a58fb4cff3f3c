"""Times the training of a tagger here and in PyTorch on the same CPU, in turn, and prints a table.

    cargo build --release -p sequence-tagging
    python3 -m venv .venv && .venv/bin/pip install numpy torch
    .venv/bin/python benches/compare_torch_tagging.py --threads 2 --rounds 5

Ours is the recipe as its users run it, `train` on a file of columns with the sizes of `ewt-upos` and everything that belongs to
it. PyTorch's is the same model in its usual form: characters through a bidirectional LSTM over a packed sequence, joined to
words and shapes, a bidirectional LSTM over a packed sequence, a linear layer, and its loss, a softmax or a linear-chain
conditional random field by the forward algorithm in log space; clipping, Adam. Both read the same sentences of made-up
words, in batches of at most 600 tokens, padding included, those of a batch of like length. A round is one process each; the
table has the medians of the rounds' tokens a second, and the median of the rounds' ratios: above 1, ours is the faster. Our
rate is the mean over the second of two epochs, PyTorch's the median of the steps after five that do not count; making a
batch's tensors belongs to both.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

from rounds import compare

SENTENCES, WORDS, LABELS, BATCH_TOKENS, LONGEST_WORD = 1500, 8000, 17, 600, 24
D_CHARACTER, D_CHARACTER_HIDDEN, D_WORD, D_SHAPE, D_HIDDEN = 50, 75, 100, 16, 200
WARM_UP = 5


def sentences() -> list[list[tuple[str, str]]]:
    """Sentences of 3 to 45 words; a word's rank decides how often it stands there, as in natural text."""
    generator = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(generator.choices(letters, k=generator.randint(2, 11))) for _ in range(WORDS)]
    weights = [1 / (rank + 3) for rank in range(WORDS)]
    made = []
    for _ in range(SENTENCES):
        chosen = generator.choices(range(WORDS), weights, k=generator.randint(3, 45) if generator.random() < 0.5 else generator.randint(3, 20))
        made.append([(words[word], f"T{word % LABELS}") for word in chosen])
    return made


def write_columns(path: str, data: list[list[tuple[str, str]]]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for sentence in data:
            file.writelines(f"{word} {label}\n" for word, label in sentence)
            file.write("\n")


def run_ours(args: argparse.Namespace, output: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        train, valid = os.path.join(folder, "train.txt"), os.path.join(folder, "valid.txt")
        data = sentences()
        write_columns(train, data)
        write_columns(valid, data[:4])
        model = {"d_word": D_WORD, "d_hidden": D_HIDDEN, "d_shape": D_SHAPE, "dropout_input": 0.5, "dropout_output": 0.5}
        characters = f'{{ kind = "bi-lstm", d_embedding = {D_CHARACTER}, d_hidden = {D_CHARACTER_HIDDEN} }}'
        table = ", ".join([f"{key} = {value}" for key, value in model.items()])
        settings = {
            "data.task": '{ kind = "tags" }',
            "data.source": f'{{ kind = "files", train = "{train}", valid = "{valid}", format = {{ kind = "columns" }} }}',
            "words": f"{{ lowercase = true, max_characters = {LONGEST_WORD} }}",
            "model": f'{{ {table}, characters = {characters}, output = {{ kind = "{output}" }} }}',
            "batches": f"{{ tokens = {BATCH_TOKENS} }}",
            "training.epochs": 2,
            "training.learning_rate": 0.002,
            "training.clip": "{ global_norm = 5.0 }",
            "training.checkpoint": "{ every_minutes = 60.0 }",
            "training.monitor": '{ metric = "valid_nats_per_token", direction = "minimize" }',
        }
        command = [args.binary, "train", "--run", os.path.join(folder, "run"), "--json", "--quiet"]
        for key, value in settings.items():
            command += ["--set", f"{key}={value}"]
        threads = str(args.threads)
        environment = {**os.environ, "BURN_RECURRENT_THREADS": threads, "RAYON_NUM_THREADS": threads}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            sys.exit(done.stderr)
        with open(os.path.join(folder, "run", "metrics.jsonl"), encoding="utf-8") as metrics:
            _, second = map(json.loads, metrics)
    return second["tokens_per_second"]


def time_torch(output: str, threads: int) -> float:
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    data = sorted(sentences(), key=len)
    number = lambda values: {value: index + 1 for index, value in enumerate(sorted(set(values)))}
    words = number(word for sentence in data for word, _ in sentence)
    characters = number(character for word in words for character in word)
    labels = {label: index for index, label in enumerate(sorted({label for sentence in data for _, label in sentence}))}
    batches = [[]]
    for sentence in data:
        if batches[-1] and (len(batches[-1]) + 1) * len(sentence) > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(sentence)
    random.Random(2).shuffle(batches)

    modules = nn.ModuleDict(
        {
            "characters": nn.Embedding(len(characters) + 1, D_CHARACTER, padding_idx=0),
            "spelling": nn.LSTM(D_CHARACTER, D_CHARACTER_HIDDEN, bidirectional=True, batch_first=True),
            "words": nn.Embedding(len(words) + 1, D_WORD, padding_idx=0),
            "shapes": nn.Embedding(8, D_SHAPE),
            "sentence": nn.LSTM(D_WORD + D_SHAPE + 2 * D_CHARACTER_HIDDEN, D_HIDDEN, bidirectional=True, batch_first=True),
            "output": nn.Linear(2 * D_HIDDEN, len(labels)),
        }
    )
    transitions = nn.Parameter(torch.zeros(len(labels), len(labels)))
    drop = nn.Dropout(0.5)

    def loss(batch):
        lengths = torch.tensor([len(sentence) for sentence in batch])
        shape = (len(batch), int(lengths.max()))
        mask = torch.arange(shape[1])[None] < lengths[:, None]
        ids, shapes, gold = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
        ids[mask] = torch.tensor([words[word] for sentence in batch for word, _ in sentence])
        shapes[mask] = torch.tensor([1 + word.istitle() for sentence in batch for word, _ in sentence])
        gold[mask] = torch.tensor([labels[label] for sentence in batch for _, label in sentence])
        spellings = [word[:LONGEST_WORD] for sentence in batch for word, _ in sentence]
        spelling_lengths = torch.tensor([len(spelling) for spelling in spellings])
        spelled = torch.zeros(len(spellings), int(spelling_lengths.max()), dtype=torch.long)
        for row, spelling in enumerate(spellings):
            spelled[row, : len(spelling)] = torch.tensor([characters[character] for character in spelling])

        packed = pack_padded_sequence(
            modules["characters"](spelled), spelling_lengths, batch_first=True, enforce_sorted=False
        )
        ends = torch.cat(tuple(modules["spelling"](packed)[1][0]), dim=-1)
        of_words = ends.new_zeros(*shape, ends.shape[-1])
        of_words[mask] = ends
        features = drop(torch.cat([modules["words"](ids), modules["shapes"](shapes), of_words], dim=-1))
        packed = pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False)
        hidden, _ = pad_packed_sequence(modules["sentence"](packed)[0], batch_first=True, total_length=shape[1])
        logits = modules["output"](drop(hidden))
        if output == "softmax":
            return nn.functional.cross_entropy(logits[mask], gold[mask]), int(lengths.sum())
        score = (logits.gather(2, gold[..., None])[..., 0] * mask).sum()
        score = score + (transitions[gold[:, :-1], gold[:, 1:]] * mask[:, 1:]).sum()
        forward = logits[:, 0]
        for t in range(1, shape[1]):
            reached = torch.logsumexp(forward[:, :, None] + transitions, dim=1) + logits[:, t]
            forward = torch.where(mask[:, t, None], reached, forward)
        return (torch.logsumexp(forward, dim=1).sum() - score) / lengths.sum(), int(lengths.sum())

    parameters = [*modules.parameters(), transitions]
    optimizer = torch.optim.Adam(parameters, lr=0.002)
    rates = []
    for step, batch in enumerate(batches):
        start = time.perf_counter()
        mean, tokens = loss(batch)
        optimizer.zero_grad(set_to_none=True)
        mean.backward()
        nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        mean.item()
        if step >= WARM_UP:
            rates.append(tokens / (time.perf_counter() - start))
    return statistics.median(rates)


if __name__ == "__main__":
    compare(
        __doc__,
        __file__,
        "target/release/sequence-tagging",
        "outputs",
        ["softmax", "crf"],
        "| tagger, sizes of `ewt-upos` | ours tokens/s | PyTorch tokens/s | ours / PyTorch |",
        run_ours,
        time_torch,
        decimals=0,
    )
