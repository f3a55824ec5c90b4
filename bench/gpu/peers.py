# SPDX-License-Identifier: Apache-2.0
"""Beside PyTorch on the same GPU, in fp16: eagerly in a CUDA graph, and compiled (torch.compile with "reduce-overhead"
and freezing). Bursts of all take turns; a row holds the medians of all their runs, by the GPU's clock."""

import re
import subprocess
import time
from statistics import median

# Network and batch; others may be asked for.
ROWS = ["resnet50:1", "resnet50:128", "mobilenet_v2:1", "mobilenet_v2:128", "vit_b_16:1", "vit_b_16:32", "bert_base:1",
        "bert_base:32", "cifar_resnet20:32", "yolov5s:1"]
LENGTH = 128  # of texts


def inputs_of(network, batch):
    """NumPy arrays by the names that the ONNX file has."""
    import numpy as np

    random = np.random.default_rng(1)
    if network == "bert_base":
        return {"input_ids": random.integers(0, 8000, (batch, LENGTH)), "attention_mask": np.ones((batch, LENGTH), np.int64)}
    name, size = {"yolov5s": ("images", 640), "cifar_resnet20": ("input", 32), "cifar_mobilenetv2": ("input", 32)}.get(network, ("input", 224))
    return {name: random.standard_normal((batch, 3, size, size), dtype=np.float32)}


def module_of(network, path, inputs):
    """PyTorch's own network (its weights are random as ours are), or the ONNX file's operators one by one."""
    import torch

    if network == "bert_base":
        from transformers import BertConfig, BertModel

        class LastHiddenState(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.network = BertModel(BertConfig())

            def forward(self, ids, mask):
                return self.network(input_ids=ids, attention_mask=mask).last_hidden_state

        return LastHiddenState()
    import torchvision

    if hasattr(torchvision.models, network):
        return getattr(torchvision.models, network)()
    from onnx_module import OnnxModule

    return OnnxModule(path, inputs)


class Peer:
    """A network in PyTorch; `burst` gives milliseconds of single runs, queued one behind another."""

    def __init__(self, run):
        self.run = run
        for _ in range(5):
            run()

    def burst(self, seconds):
        import torch

        torch.cuda.synchronize()
        start, times = time.time(), []
        while time.time() - start < seconds:
            events = [self._event()]
            for _ in range(20):
                self.run()
                events.append(self._event())
            torch.cuda.synchronize()
            times += [begin.elapsed_time(end) for begin, end in zip(events, events[1:])]
        return times

    @staticmethod
    def _event():
        import torch

        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event


def graphed(module, inputs):
    import torch

    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            module(*inputs)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        module(*inputs)
    return Peer(graph.replay)


def compiled(module, inputs):
    import torch
    import torch._inductor.config

    torch._inductor.config.freezing = True
    torch._dynamo.reset()
    run = torch.compile(module, mode="reduce-overhead", fullgraph=False)
    return Peer(lambda: run(*inputs))


def peers_of(network, path, batch):
    """By name; a text instead of a peer says why there is none."""
    import torch

    arrays = inputs_of(network, batch)
    try:
        module = module_of(network, path, arrays).eval().cuda().half()
    except (ImportError, NotImplementedError) as error:
        return {"graph": f"no peer: {error}", "compiled": f"no peer: {error}"}
    tensors = [torch.from_numpy(array).cuda() for array in arrays.values()]
    tensors = [tensor.half() if tensor.is_floating_point() else tensor for tensor in tensors]
    if tensors[0].dim() == 4:
        for weights in (*module.parameters(), *module.buffers()):
            if weights.dim() == 4:  # a module is not converted whole: it may have tensors with more axes
                weights.data = weights.data.contiguous(memory_format=torch.channels_last)
        tensors = [tensor.to(memory_format=torch.channels_last) for tensor in tensors]
    peers = {}
    for name, make in (("graph", graphed), ("compiled", compiled)):
        try:
            peers[name] = make(module, tensors)
        except Exception as error:  # a peer that fails is a cell that says so
            peers[name] = f"failed: {str(error).strip().splitlines()[0][:100]}"
    return peers


class Ours:
    def __init__(self, build, path, network, batch, cache):
        self.program, self.engine = build / "bin" / "tenonexec", cache / f"{network}_{batch}.engine"
        shapes = ",".join(f"{name}:{'x'.join(map(str, array.shape))}" for name, array in inputs_of(network, batch).items())
        done = self._run([f"--onnx={path}", "--backend=cuda", "--fp16", f"--shapes={shapes}", f"--timingCacheFile={cache / 'timing.cache'}",
                          f"--saveEngine={self.engine}", "--skipInference"])
        self.built = float(re.search(r"Engine built in ([\d.e+-]+) sec", done)[1])

    def burst(self, seconds):
        text = self._run([f"--loadEngine={self.engine}", "--useCudaGraph", "--noDataTransfers", f"--duration={seconds}", "--warmUp=100"])
        return [float(re.search(r"GPU Compute Time:.*?median = ([\d.]+) ms", text)[1])]

    def _run(self, arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError((done.stdout + done.stderr).strip().splitlines()[-1][:200])
        return done.stdout


def compare(build, path, network, batch, rounds, seconds, cache):
    import torch

    ours = Ours(build, path, network, batch, cache)
    with torch.no_grad():
        peers = peers_of(network, path, batch)
        runners = {"ours": ours} | {name: peer for name, peer in peers.items() if not isinstance(peer, str)}
        times = {name: [] for name in runners}
        for _ in range(rounds):
            for name, runner in runners.items():
                times[name] += runner.burst(seconds)
    micros = {name: 1000 * median(values) for name, values in times.items()}
    cell = lambda name: f"{micros[name]:.1f}" if name in micros else peers[name]
    fastest = min((micros[name] for name in peers if name in micros), default=None)
    ratio = f"{fastest / micros['ours']:.2f}" if fastest else "-"
    return f"| {network} | {batch} | {micros['ours']:.1f} | {cell('graph')} | {cell('compiled')} | {ratio} | {ours.built:.1f} |"


def check_peers(build, models, rows, rounds, seconds, budget, cache):
    """Prints a table; whether every row could be measured. Rows that would begin after the budget (s) are left out, and named."""
    import torch

    start, good = time.time(), True
    print(f"Beside PyTorch {torch.__version__} on {torch.cuda.get_device_name()}, fp16, µs: medians of {rounds} bursts of {seconds} s that take turns.\n"
          "| network | batch | ours | eager, in a CUDA graph | torch.compile | faster peer / ours | build, s |\n|---|---|---|---|---|---|---|", flush=True)
    for row in rows:
        network, batch = row.split(":")
        path = next((model for model in models if model.stem == network), None)
        if path is None or time.time() - start > budget:
            print(f"| {network} | {batch} | {'not among the networks' if path is None else 'left out: no time'} | | | | |", flush=True)
            good = False
            continue
        try:
            print(compare(build, path, network, int(batch), rounds, seconds, cache), flush=True)
        except Exception as error:  # a network that fails is a row that says so, never one that is missing
            print(f"| {network} | {batch} | failed: {str(error).strip()[:200]} | | | | |", flush=True)
            good = False
    return good
