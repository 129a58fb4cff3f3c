"""What the comparisons of whole trainings with PyTorch share: rounds in turn, a process each, and their table."""
import argparse
import json
import os
import statistics
import subprocess
import sys


def compare(doc, script, binary, option, choices, head, run_ours, time_torch, decimals):
    """Runs the command line of a comparison.

    `doc` is the script's docstring, `script` its file, `binary` the recipe that it times, `option` the name of the rows'
    option and `choices` its rows; `head` heads the table. `run_ours(args, row)` and `time_torch(row, threads)` give a
    number each, the latter in a process of its own.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--binary", default=binary)
    parser.add_argument(f"--{option}", dest="rows", nargs="+", choices=choices, default=list(choices))
    parser.add_argument("--torch", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.torch:
        print(time_torch(*json.loads(args.torch)))
        return
    if not os.path.isfile(args.binary):
        parser.error(f"there is no {args.binary}: build it as `--help` says, or name it with --binary")

    def run_torch(row):
        command = [sys.executable, script, "--torch", json.dumps([row, args.threads])]
        return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    print(head)
    print("| --- | --- | --- | --- |")
    for row in args.rows:
        pairs = [(run_ours(args, row), run_torch(row)) for _ in range(args.rounds)]
        ours, torch = (statistics.median(numbers) for numbers in zip(*pairs))
        ratio = statistics.median(ours / torch for ours, torch in pairs)
        print(f"| {row} | {ours:.{decimals}f} | {torch:.{decimals}f} | {ratio:.2f} |", flush=True)
