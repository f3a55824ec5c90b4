# SPDX-License-Identifier: Apache-2.0
"""Makes everything in this folder: the images of calib/ and test/, and digits.onnx.

Needs PyTorch, scikit-learn, Pillow and NumPy (a CPU is enough; about five minutes):
    python train.py [--epochs 40] [--out FOLDER]
The split, the training and the export are seeded.
"""

import argparse
import pathlib
import shutil

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

SEED = 7
SIZE = 32
CALIB_PER_CLASS = 20
TEST_PER_CLASS = 40
MEAN, STD = 0.5, 0.5


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, as in ResNet."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class DigitsNet(nn.Module):
    """78,000 parameters; 3x32x32 to 10 logits."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.blocks = nn.Sequential(Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(64, 10)

    def forward(self, x):
        return self.classify(torch.flatten(self.pool(self.blocks(self.stem(x))), 1))


def enlarge(digit):
    """8x8 values of 0..16 to a 32x32 grey image of 0..255."""
    grey = np.rint(digit * (255.0 / 16.0)).astype(np.uint8)
    return np.asarray(Image.fromarray(grey).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def split(labels):
    """Indices of calib, test and train: fixed numbers per class, drawn without overlap."""
    random = np.random.default_rng(SEED)
    parts = {"calib": [], "test": [], "train": []}
    for digit in range(10):
        indices = random.permutation(np.flatnonzero(labels == digit))
        parts["calib"] += sorted(indices[:CALIB_PER_CLASS])
        parts["test"] += sorted(indices[CALIB_PER_CLASS : CALIB_PER_CLASS + TEST_PER_CLASS])
        parts["train"] += sorted(indices[CALIB_PER_CLASS + TEST_PER_CLASS :])
    return parts


def write_images(folder, images, labels, indices):
    shutil.rmtree(folder, ignore_errors=True)
    for index in indices:
        path = folder / str(labels[index]) / f"{index:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[index]).convert("RGB").save(path, optimize=True)


def to_input(images):
    """uint8 [N,H,W] to the network's input, f32 [N,3,H,W]."""
    x = torch.from_numpy(images).float().div(255).sub(MEAN).div(STD)
    return x.unsqueeze(1).repeat(1, 3, 1, 1)


def shifted(x, most=2):
    """The batch moved by up to `most` pixels each way, to see more than 1,200 digits."""
    padded = functional.pad(x, (most,) * 4, value=-MEAN / STD)
    row, column = torch.randint(0, 2 * most + 1, (2,)).tolist()
    return padded[:, :, row : row + SIZE, column : column + SIZE]


def train(network, x, y, epochs):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    batches = (len(x) + 63) // 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=epochs * batches)
    for epoch in range(epochs):
        network.train()
        total = 0.0
        for batch in torch.randperm(len(x)).chunk(batches):
            loss = functional.cross_entropy(network(shifted(x[batch])), y[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1}/{epochs}: loss {total / len(x):.4f}", flush=True)


def export(network, path):
    """PRESERVE keeps the batch normalizations in the file; folding them is the optimizer's work."""
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, SIZE, SIZE),),
        str(path),
        dynamo=False,
        opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE,
        input_names=["input"],
        output_names=["logits"],
        dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}},
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    arguments = parser.parse_args()

    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    digits, labels = load_digits(return_X_y=True)
    images = np.stack([enlarge(digit.reshape(8, 8)) for digit in digits])
    parts = split(labels)
    for name in ("calib", "test"):
        write_images(arguments.out / name, images, labels, parts[name])

    x, y = to_input(images), torch.from_numpy(labels)
    network = DigitsNet()
    print(f"{sum(p.numel() for p in network.parameters())} parameters")
    train(network, x[parts["train"]], y[parts["train"]], arguments.epochs)
    network.eval()
    with torch.no_grad():
        right = (network(x[parts["test"]]).argmax(1) == y[parts["test"]]).sum().item()
    print(f"test: {right} of {len(parts['test'])}")
    export(network, arguments.out / "digits.onnx")


if __name__ == "__main__":
    main()
