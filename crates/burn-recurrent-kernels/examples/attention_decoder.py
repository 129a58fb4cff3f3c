"""Times in PyTorch what `attention_decoder.rs` times: the steps of a decoder with attention and input feeding.

    python attention_decoder.py [gru|lstm] [additive|dot] [batch] [threads]
"""
import statistics
import sys
import time

import torch
from torch import nn

arguments = dict(enumerate(sys.argv[1:]))
kind = arguments.get(0, "gru")
additive = arguments.get(1, "additive") == "additive"
batch, threads = int(arguments.get(2, 80)), int(arguments.get(3, 2))
d_embedded, width = 256, 512
torch.set_num_threads(threads)
torch.manual_seed(0)
cell = {"gru": nn.GRUCell, "lstm": nn.LSTMCell}[kind](d_embedded + width, width)
query = nn.Linear(width, width, bias=False)
energy = nn.Linear(width, 1, bias=False)
attend = nn.Linear(2 * width, width)
modules = nn.ModuleList([cell, query, energy, attend])
rates = []
for step in range(15):
    centre = 8 + step * 7 % 15
    low = max(8, centre - 1)
    lengths = torch.tensor([low + row * 7 % (centre + 3 - low) for row in range(batch)])
    source = int(lengths.max())
    embedded = (torch.randn(batch, source - 1, d_embedded) * 0.5).requires_grad_()
    keys, values = [(torch.randn(batch, source, width) * 0.5).requires_grad_() for _ in range(2)]
    hidden = (torch.randn(batch, width) * 0.5).requires_grad_()
    mask = torch.arange(source)[None] >= lengths[:, None]
    modules.zero_grad(set_to_none=True)
    started = time.perf_counter()
    state, memory, fed, outputs = hidden, torch.zeros(batch, width), torch.zeros(batch, width), []
    for t in range(source - 1):
        x = torch.cat([embedded[:, t], fed], dim=-1)
        if kind == "lstm":
            state, memory = cell(x, (state, memory))
        else:
            state = cell(x, state)
        if additive:
            scores = energy(torch.tanh(keys + query(state)[:, None])).squeeze(-1)
        else:
            scores = torch.bmm(keys, state[:, :, None])[:, :, 0]
        scores = scores.masked_fill(mask, -torch.inf)
        context = torch.bmm(scores.softmax(-1)[:, None], values)[:, 0]
        fed = torch.tanh(attend(torch.cat([state, context], dim=-1)))
        outputs.append(fed)
    attended = torch.stack(outputs, 1)
    (attended * attended).mean().backward()
    seconds = time.perf_counter() - started
    if step >= 3:
        rates.append(int((lengths - 1).sum()) / seconds)
print(f"{kind}, {threads} threads: {statistics.median(rates):.0f} words of the target a second")
