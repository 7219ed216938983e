#!/usr/bin/env python3
"""Reads a state of fg with nothing but the standard library.

    python3 read_state.py STATE               a line for each parameter
    python3 read_state.py STATE PARAMETER...  mean and deviation of each entry

A state is a safetensors file; fg-formats(5) tells what is in it. Values come as
flat lists, the last dimension fastest: numpy.reshape(values, shape) makes arrays
of them.
"""
import json
import math
import struct
import sys
import zlib

CODES = {"F64": "d", "F32": "f", "I64": "q", "I32": "i", "U64": "Q", "U32": "I", "U8": "B"}


def read_tensors(path):
    """The metadata, and (shape, values) of each tensor by name."""
    with open(path, "rb") as file:
        content = file.read()
    if len(content) < 8 or struct.unpack("<Q", content[:8])[0] > len(content) - 8:
        raise ValueError("not a safetensors file")
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__", {})
    if "crc32" in metadata and int(metadata["crc32"], 16) != zlib.crc32(content[start:]):
        raise ValueError("damaged: its checksum does not fit")
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        code = "<%d%s" % (math.prod(entry["shape"]), CODES[entry["dtype"]])
        tensors[name] = entry["shape"], struct.unpack(code, content[start + first:start + end])
    return metadata, tensors


def read_state(path):
    """The metadata, and (shape, means, deviations) of each parameter by name, such as "dense1/weight"."""
    metadata, tensors = read_tensors(path)
    if metadata.get("format") != "fg-state":
        raise ValueError("not a state of fg")
    parameters = {}
    for name, (shape, eta) in tensors.items():
        if not name.endswith("/eta") or name.startswith("resume/"):
            continue
        name = name[:-len("/eta")]
        precision = tensors[name + "/lambda"][1]
        means = [e / p for e, p in zip(eta, precision)]
        parameters[name] = shape, means, [1 / math.sqrt(p) for p in precision]
    return metadata, parameters


def summarise(metadata, parameters):
    spec = json.loads(metadata["spec"])
    print("%s: %s examples, seed %s" % (spec.get("name", "no name"), metadata["examples"], metadata["seed"]))
    print("%-16s %-12s %10s %10s %10s" % ("parameter", "shape", "mean", "spread", "deviation"))
    for name, (shape, means, deviations) in parameters.items():
        mean = sum(means) / len(means)
        spread = math.sqrt(sum((m - mean) ** 2 for m in means) / len(means))
        print("%-16s %-12s %10.3g %10.3g %10.3g" %
              (name, "x".join(map(str, shape)), mean, spread, sum(deviations) / len(deviations)))


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__.strip())
        return 0 if arguments else 2
    path, *names = arguments
    try:
        metadata, parameters = read_state(path)
        if not names:
            summarise(metadata, parameters)
        for name in names:
            _, means, deviations = parameters[name]
            for mean, deviation in zip(means, deviations):
                print("%.6g %.6g" % (mean, deviation))
    except KeyError as error:
        print("read_state.py: %s: there is no %s in it" % (path, error), file=sys.stderr)
        return 1
    except OSError as error:
        print("read_state.py: %s: %s" % (path, error.strerror), file=sys.stderr)
        return 1
    except (ValueError, struct.error) as error:
        print("read_state.py: %s: %s" % (path, error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
