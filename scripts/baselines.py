#!/usr/bin/env python3
"""Classifiers that fg is compared with: linear and convolutional, learned by Adam in PyTorch.

Reads a folder with MNIST's or CIFAR-10's files, learns from examples of the training part that the seed draws, and
writes JSON lines: the learning rates tried, then a summary with the accuracy on the test part. The rate is the best of
a fixed list on training examples held back for this; test data decide nothing. Where all training examples are asked
for, the rate is chosen without those held back, and learning begun again with them.
"""
import argparse
import gzip
import json
import os
import sys
import time

import numpy as np
import torch

RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1]
HELD_BACK = 5000
CHUNK = 1000
RECORD = 3073


class Bad(Exception):
    """What is wrong with the input, in one line."""


def read_bytes(folder, names):
    """The bytes of the first of these files that is there, plain or as gzip; None if none is."""
    for name in names:
        for path, opener in ((name, open), (name + ".gz", gzip.open)):
            path = os.path.join(folder, path)
            if os.path.isfile(path):
                try:
                    with opener(path, "rb") as file:
                        return np.frombuffer(file.read(), np.uint8)
                except (OSError, EOFError) as error:
                    raise Bad(f"{path}: {error}") from error
    return None


def read_idx(folder, stem, rank):
    data = read_bytes(folder, [f"{stem}-idx{rank}-ubyte", f"{stem}.idx{rank}-ubyte"])
    if data is None:
        return None
    head = 4 + 4 * rank
    shape = tuple(int(n) for n in data[4:head].view(">u4")) if len(data) >= head else ()
    if len(shape) != rank or bytes(data[:4]) != bytes((0, 0, 8, rank)) or len(data) != head + int(np.prod(shape)):
        raise Bad(f"{folder}: {stem} is no IDX file of {rank} dimensions")
    return data[head:].reshape(shape)


def read_part(folder, test):
    """Pictures (N, channels, height, width) in bytes, and labels."""
    stem = "t10k" if test else "train"
    images, labels = read_idx(folder, stem + "-images", 3), read_idx(folder, stem + "-labels", 1)
    if images is not None and labels is not None:
        if len(images) != len(labels):
            raise Bad(f"{folder}: {len(images)} pictures, but {len(labels)} labels")
        return images[:, None], labels
    names = ["test_batch.bin"] if test else [f"data_batch_{i}.bin" for i in range(1, 6)]
    batches = [read_bytes(folder, [name]) for name in names]
    if any(batch is None or len(batch) % RECORD for batch in batches):
        raise Bad(f"{folder}: no MNIST or CIFAR-10 {'test' if test else 'training'} part")
    records = np.concatenate(batches).reshape(-1, RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


class Scaled:
    """Pictures as the models see them: 0 to 1, or each channel with mean 0 and deviation 1 over some of them."""

    def __init__(self, images, standardise):
        self.shift, self.scale = 0.0, 1 / 255
        if standardise:
            sums = squares = 0.0
            for first in range(0, len(images), CHUNK):
                numbers = images[first:first + CHUNK].astype(np.float64)
                sums, squares = sums + numbers.sum((0, 2, 3)), squares + (numbers ** 2).sum((0, 2, 3))
            n = images[:, 0].size
            deviation = np.sqrt(np.maximum(squares / n - (sums / n) ** 2, 0))
            self.shift = torch.tensor(sums / n, dtype=torch.float32)[:, None, None]
            self.scale = torch.tensor(1 / np.where(deviation > 0, deviation, 1), dtype=torch.float32)[:, None, None]

    def __call__(self, images):
        return (torch.tensor(images, dtype=torch.float32) - self.shift) * self.scale


def make_net(method, shape, classes):
    channels, height, width = shape
    if method == "linear":
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(channels * height * width, classes))
    pooled = ((height - 4) // 2, (width - 4) // 2)
    if min(pooled) < 1:
        raise Bad(f"pictures of {height} x {width} are too small for filters of 5 x 5 and pooling")
    return torch.nn.Sequential(
        torch.nn.Conv2d(channels, 16, 5), torch.nn.LeakyReLU(0.2), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
        torch.nn.Linear(16 * pooled[0] * pooled[1], classes))


def batches(n, options, rng):
    """Rows of one step after the other: one pass, or as many as --steps needs; with --replay also earlier rows."""
    order, buffer, step = np.arange(n), np.empty(0, int), 0
    while True:
        for first in range(0, n, options.batch):
            rows = order[first:first + options.batch]
            drawn = rng.choice(buffer, min(len(rows), len(buffer)), replace=False) if len(buffer) else buffer
            yield np.concatenate([rows, drawn])
            if options.replay:
                buffer = np.concatenate([buffer, rows])[-options.replay:]
            step += 1
            if options.steps and step == options.steps:
                return
        if not options.steps:
            return
        rng.shuffle(order)


def learn(images, labels, classes, rate, options):
    """A network that has learned from these examples in their order, and its scaling."""
    torch.manual_seed(options.seed)
    rng = np.random.RandomState(options.seed)
    net = make_net(options.method, images.shape[1:], classes)
    scaled = Scaled(images, options.standardise)
    adam = torch.optim.Adam(net.parameters(), lr=rate)
    for rows in batches(len(images), options, rng):
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(scaled(images[rows])), torch.from_numpy(labels[rows]))
        loss.backward()
        adam.step()
    return net, scaled


def score(model, images, labels):
    """Accuracy, and the mean negative log-likelihood."""
    net, scaled = model
    hits, nll = 0, 0.0
    with torch.no_grad():
        for first in range(0, len(images), CHUNK):
            y = torch.from_numpy(labels[first:first + CHUNK])
            logits = net(scaled(images[first:first + CHUNK]))
            hits += int((logits.argmax(1) == y).sum())
            nll += float(torch.nn.functional.cross_entropy(logits, y, reduction="sum"))
    return hits / len(images), nll / len(images)


def peak_mb():
    try:
        import resource
    except ImportError:
        return None
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def rounded(**members):
    return json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in members.items()}, separators=(",", ":"))


def run(options):
    images, labels = read_part(options.data, False)
    test_images, test_labels = read_part(options.data, True)
    if images.shape[1:] != test_images.shape[1:]:
        raise Bad(f"{options.data}: training and test pictures differ in shape")
    images, labels = images[:options.limit], labels[:options.limit].astype(np.int64)
    test_images, test_labels = test_images[:options.limit], test_labels[:options.limit].astype(np.int64)
    if not len(test_images) or len(images) < 2:
        raise Bad(f"{options.data}: too few examples")
    if options.examples > len(images):
        raise Bad(f"--examples {options.examples}: there are {len(images)}")
    classes = int(labels.max()) + 1
    order = np.random.RandomState(options.seed).permutation(len(images))
    held = order[:min(HELD_BACK, len(images) // 5 + 1)]
    drawn = order[len(held):][:options.examples]
    best, seconds = None, 0.0
    for rate in RATES:
        began = time.monotonic()
        model = learn(images[drawn], labels[drawn], classes, rate, options)
        seconds = time.monotonic() - began
        accuracy, nll = score(model, images[held], labels[held])
        print(rounded(rate=rate, validation_accuracy=accuracy, validation_nll=nll), flush=True)
        if best is None or (accuracy, -nll) > best[0]:
            best = ((accuracy, -nll), rate, model, seconds)
    key, rate, model, seconds = best
    if options.examples > len(drawn):
        began = time.monotonic()
        all_drawn = np.concatenate([order[len(held):], held])[:options.examples]
        model = learn(images[all_drawn], labels[all_drawn], classes, rate, options)
        seconds = time.monotonic() - began
    accuracy, nll = score(model, test_images, test_labels)
    print(rounded(summary=True, method=options.method, accuracy=accuracy, nll=nll, examples=options.examples, rate=rate,
                  validation_accuracy=key[0], seconds=seconds, peak_mb=peak_mb(), seed=options.seed))


def count(text):
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main():
    parser = argparse.ArgumentParser(prog="baselines.py", description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--data", required=True, help="folder with MNIST's or CIFAR-10's files")
    parser.add_argument("--method", required=True, choices=["linear", "cnn"])
    parser.add_argument("--examples", required=True, type=count, help="how many to learn from")
    parser.add_argument("--seed", type=int, default=0, choices=range(2**31), metavar="N")
    parser.add_argument("--batch", type=count, default=50)
    parser.add_argument("--replay", type=count, help="learn with each batch another one, drawn from the last N examples")
    parser.add_argument("--steps", type=count, help="so many, in place of one pass")
    parser.add_argument("--standardise", action="store_true", help="mean 0 and deviation 1 for each channel")
    parser.add_argument("--limit", type=count, help="the first so many examples of either part")
    try:
        run(parser.parse_args())
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (Bad, OSError, MemoryError) as error:
        print(f"baselines.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
