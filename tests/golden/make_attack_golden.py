#!/usr/bin/python3
"""Writes attack_runs.safetensors: a small network, three images, and for each attack the loss of every
image that it asks the model about, in order, as PyTorch finds them in double precision.

The attacks are written here from their papers, for one image at a time; random numbers are those of
src/core/exact/draws.h, drawn in the order in which the papers use them. Run by hand where PyTorch is
installed; tests/attack/methods/golden_runs_test.cpp reads the result and has the same settings.
"""
import itertools
import json
import math
import pathlib

import numpy as np
import torch
from torch import nn

from golden_file import save

torch.manual_seed(19)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
SIDE, CLASSES = 10, 5

# Smooth, so that single and double precision go the same way.
net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Sigmoid(), nn.Conv2d(4, 4, 3, stride=2, padding=1),
                    nn.Sigmoid(), nn.Flatten(), nn.Linear(100, CLASSES))
LAYERS = [{"type": "conv2d", "filters": 4, "kernel": 3, "padding": 1}, {"type": "sigmoid"},
          {"type": "conv2d", "filters": 4, "kernel": 3, "stride": 2, "padding": 1}, {"type": "sigmoid"},
          {"type": "flatten"}, {"type": "dense", "units": CLASSES}]
for layer in (net[0], net[2], net[5]):
    layer.weight.data = (6 * layer.weight.data).float().double()
    layer.bias.data = layer.bias.data.float().double()


class Draws:
    """SplitMix64, as core/rng.h."""
    MASK, STEP = (1 << 64) - 1, 0x9e3779b97f4a7c15

    @classmethod
    def mixed(cls, z):
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9 & cls.MASK
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb & cls.MASK
        return z ^ (z >> 31)

    def __init__(self, seed, stream):
        self.state = (self.mixed((seed + self.STEP) & self.MASK) ^
                      self.mixed((stream * 0xd1342543de82ef95 + 0x2545f4914f6cdd1d) & self.MASK))

    def bits(self):
        self.state = (self.state + self.STEP) & self.MASK
        return self.mixed(self.state)

    def uniform(self, low, high):
        return low + (high - low) * (self.bits() >> 40) * 2.0 ** -24

    def below(self, bound):
        return ((self.bits() >> 32) * bound) >> 32

    def coin(self):
        return self.below(2) == 1


class Asked:
    """The network and one label; keeps the loss of each image that it is asked about."""

    def __init__(self, label):
        self.label, self.losses = label, []

    def __call__(self, x):
        z = net(x.view(1, 1, SIDE, SIDE))[0]
        self.losses.append(float(nn.functional.cross_entropy(z[None], torch.tensor([self.label]))))
        return z

    def gradient(self, x, of):
        x = x.clone().requires_grad_()
        value = of(net(x.view(1, 1, SIDE, SIDE))[0])
        return torch.autograd.grad(value, x)[0]


def margin(z, label):
    """The best other logit minus that of the label."""
    return max(float(z[k]) for k in range(CLASSES) if k != label) - float(z[label])


def into_cube(x, clean, epsilon):
    return torch.minimum(torch.maximum(x, clean - epsilon), clean + epsilon).clamp(0, 1)


def apgd(ask, clean, rng, epsilon, steps, rho=0.75, alpha=0.75):
    """Croce and Hein 2020, "Reliable evaluation", algorithm 1, for L∞ and cross-entropy."""
    start = torch.tensor([rng.uniform(-1, 1) for _ in range(clean.numel())])
    x = into_cube(clean + epsilon * start / start.abs().max(), clean, epsilon)

    def look(point):
        ask(point)
        loss = nn.functional.cross_entropy
        return ask.losses[-1], ask.gradient(point, lambda z: loss(z[None], torch.tensor([ask.label])))

    interval, shortest = max(int(0.22 * steps), 1), max(int(0.06 * steps), 1)
    decrement = max(int(0.03 * steps), 1)
    f, g = look(x)
    best, best_f, best_g = x, f, g
    step, before = 2 * epsilon, x
    rises, since, best_at_check, halved = 0, 0, f, True
    for k in range(steps):
        z = into_cube(x + step * g.sign(), clean, epsilon)
        a = 1.0 if k == 0 else alpha
        new = into_cube(x + a * (z - x) + (1 - a) * (x - before), clean, epsilon)
        before, x, last = x, new, f
        f, g = look(x)
        rises += f > last
        if f > best_f:
            best, best_f, best_g = x, f, g
        since += 1
        if since < interval:
            continue
        condition_1 = rises <= rho * interval
        condition_2 = not halved and best_f <= best_at_check
        halved = condition_1 or condition_2
        best_at_check = best_f
        if halved:
            step, x, g = step / 2, best, best_g
        interval, since, rises = max(interval - decrement, shortest), 0, 0


def carlini_wagner(ask, clean, rng, searches, steps, rate, constant):
    """Carlini and Wagner 2017, section VI, with the authors' search for the constant."""
    ask(clean)
    lower, upper = 0.0, 1e10
    for _ in range(searches):
        w = torch.atanh(0.999999 * (2 * clean - 1)).requires_grad_()
        adam = torch.optim.Adam([w], lr=rate)
        found = False
        for step in range(steps):
            x = (torch.tanh(w) + 1) / 2
            z = net(x.view(1, 1, SIDE, SIDE))[0]
            with torch.no_grad():
                ask(x)
            found = found or int(z.argmax()) != ask.label
            others = torch.stack([z[k] for k in range(CLASSES) if k != ask.label]).max()
            loss = ((x - clean) ** 2).sum() + constant * (z[ask.label] - others).clamp(min=0)
            adam.zero_grad()
            loss.backward()
            if step + 1 < steps:
                adam.step()
        if found:
            upper = min(upper, constant)
        else:
            lower = max(lower, constant)
        constant = (lower + upper) / 2 if upper < 1e10 else 10 * constant


def projection(x, w, rise, norm):
    """The smallest δ with w·δ = rise and x + δ in [0,1], or as near as the box lets it come."""
    if rise == 0:
        return torch.zeros_like(x)
    sign = torch.sign(w * rise)
    room = torch.where(sign > 0, 1 - x, x)
    pull = w.abs()

    def at(time):
        return torch.minimum(time * pull if norm == "l2" else torch.where(pull > 0, time, 0.0), room)

    low, high = torch.tensor(0.0), torch.tensor(1e6)
    for _ in range(200):
        middle = (low + high) / 2
        if float((pull * at(middle)).sum()) < abs(rise):
            low = middle
        else:
            high = middle
    return sign * at(high)


def fab(ask, clean, rng, norm, steps, alpha_max=0.1, eta=1.05, beta=0.9):
    """Croce and Hein 2020, "Minimally distorted adversarial examples", algorithm 1, no final search."""
    ask(clean)
    x = clean
    z = ask(x)
    length = (lambda d: float(d.norm())) if norm == "l2" else (lambda d: float(d.abs().max()))
    for step in range(steps):
        nearest = None
        for k in range(CLASSES):
            if k == ask.label:
                continue
            w = ask.gradient(x, lambda z, k=k: z[k] - z[ask.label])
            gap = float(z[k] - z[ask.label])
            distance = abs(gap) / float(w.norm() if norm == "l2" else w.abs().sum())
            if nearest is None or distance < nearest[0]:
                nearest = (distance, w, gap)
        _, w, gap = nearest
        here = projection(x, w, -gap, norm)
        there = projection(clean, w, float((w * (x - clean)).sum()) - gap, norm)
        a, b = max(length(here), 1e-8), max(length(there), 1e-8)
        alpha = min(a / (a + b), alpha_max)
        x = ((1 - alpha) * (x + eta * here) + alpha * (clean + eta * there)).clamp(0, 1)
        z = ask(x)
        if int(z.argmax()) != ask.label:
            x = (1 - beta) * clean + beta * x
            if step + 1 < steps:
                z = ask(x)


def share_of_pixels(number, queries, share=0.8):
    for halving in (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000):
        if 10000 * number / queries > halving:
            share /= 2
    return share


def window(rng, side):
    top = rng.below(SIDE - side + 1)
    return slice(top, top + side), slice(left := rng.below(SIDE - side + 1), left + side)


def square_linf(ask, clean, rng, epsilon, queries):
    """Andriushchenko et al. 2020, algorithms 1 and 2."""
    clean = clean.view(SIDE, SIDE)
    low, high = (clean - epsilon).clamp(0, 1), (clean + epsilon).clamp(0, 1)
    best, value = clean, margin(ask(clean), ask.label)
    for query in range(1, queries):
        if query == 1:
            up = torch.tensor([rng.coin() for _ in range(SIDE)])
            new = torch.where(up[None, :], high, low)
        else:
            side = round(math.sqrt(share_of_pixels(query - 2, queries)) * SIDE)
            side, new = min(max(side, 1), SIDE), best.clone()
            for _ in range(8):  # what changes nothing is drawn again
                at = window(rng, side)
                new[at] = (high if rng.coin() else low)[at]
                if not torch.equal(new, best):
                    break
        found = margin(ask(new), ask.label)
        if found > 0:
            return
        if query == 1 and found > value or query > 1 and found > value:
            best, value = new, found


def halves(rng, side):
    """Two plateaus of opposite sign (section 3.3), one above the other or side by side."""
    def plateau(rows, columns):
        values = np.zeros((rows, columns))
        middle_row, middle_column = rows // 2, columns // 2
        for r in range(max(middle_row, middle_column) + 1):
            values[max(middle_row - r, 0):middle_row + r + 1, max(middle_column - r, 0):middle_column + r + 1] += (
                1 / (r + 1) ** 2)
        return values / np.linalg.norm(values) if values.size else values
    both = np.concatenate([plateau(side // 2, side), -plateau(side - side // 2, side)])
    if rng.coin():
        both = both.T
    return both / np.linalg.norm(both)


def square_l2(ask, clean, rng, epsilon, queries):
    """The same, algorithm 3."""
    clean = clean.view(SIDE, SIDE).numpy()

    def placed(delta):
        return torch.tensor((clean + epsilon * delta / np.linalg.norm(delta)).clip(0, 1))

    best, value = torch.tensor(clean), margin(ask(torch.tensor(clean)), ask.label)
    for query in range(1, queries):
        if query == 1:
            delta, side = np.zeros((SIDE, SIDE)), max(1, SIDE // 5)
            for top in range(SIDE % side // 2, SIDE - side + 1, side):
                for left in range(SIDE % side // 2, SIDE - side + 1, side):
                    bump = halves(rng, side)
                    delta[top:top + side, left:left + side] += (1 if rng.coin() else -1) * bump
        else:
            side = round(math.sqrt(share_of_pixels(query - 2, queries)) * SIDE)
            side = min(max(side, 3) | 1, SIDE)
            delta = best.numpy() - clean
            to, away = window(rng, side), window(rng, side)
            bump = halves(rng, side)
            both = np.zeros_like(delta, dtype=bool)
            both[to] = both[away] = True
            left = max(epsilon ** 2 - (delta ** 2).sum(), 0) + (delta[both] ** 2).sum()
            fresh = (1 if rng.coin() else -1) * bump + delta[to] / (np.linalg.norm(delta[to]) + 1e-10)
            delta[away] = 0
            delta[to] = math.sqrt(left) * fresh / np.linalg.norm(fresh)
        new = placed(delta)
        found = margin(ask(new), ask.label)
        if found > 0:
            return
        if found > value:
            best, value = new, found


def jsma(ask, clean, rng, target, theta, gamma):
    """Papernot et al. 2016, algorithm 3 with the saliency map of equation 8 over pairs."""
    x = clean.clone()
    for step in range(int(gamma * clean.numel() / 2) + 1):
        z = ask(x)
        if int(z.argmax()) == target or step == int(gamma * clean.numel() / 2):
            return
        up = ask.gradient(x, lambda z: z.softmax(0)[target])
        down = ask.gradient(x, lambda z: z.softmax(0).sum() - z.softmax(0)[target])
        free = [j for j in range(x.numel()) if float((x[j] + theta).clamp(0, 1)) != float(x[j])]
        best, pair = 0.0, None
        for p, q in itertools.combinations(free, 2):
            a, b = float(up[p] + up[q]), float(down[p] + down[q])
            if a > 0 > b and -a * b > best:
                best, pair = -a * b, (p, q)
        if pair is None:
            return
        for j in pair:
            x[j] = (x[j] + theta).clamp(0, 1)


def deepfool(ask, clean, rng, norm, steps=50, overshoot=0.02):
    """Moosavi-Dezfooli et al. 2016, algorithm 2 and section 3.3, with the overshoot at every step, as the
    authors' program has it."""
    total, x = torch.zeros_like(clean), clean
    for step in range(steps + 1):
        z = ask(x)
        if step == steps or int(z.argmax()) != ask.label:
            return
        slope, gap, w = nearest_boundary(ask, x, z, norm)
        total = total + gap / slope * steepest(w, norm)
        x = clean + (1 + overshoot) * total
        assert 0 <= float(x.min()) and float(x.max()) <= 1, "meets the box"


def deepfool_in_box(ask, clean, rng, norm, steps=50, overshoot=0.02, hair=1e-5, certain=1e-5):
    """The same within [0,1], of which the paper knows nothing.

    Where the box swallows part of every step, an image whose steps aim at the boundary itself nears it by a
    constant factor a step and is never past it: in double precision the loop above, with x clipped, asks 14
    to 51 questions, until rounding happens to end it at a lead of 1e-16. (The authors' program adds 1e-4 to
    the length of each step.) So a step aims to lead by `certain` of the largest logit, a multiple of what
    single precision can tell, at least, and by as much more for each step before: 5 or 6 questions.
    """
    total, x = torch.zeros_like(clean), clean
    for step in range(steps + 1):
        z = ask(x)
        lead = certain * float(z.abs().max())
        if step == steps or margin(z, ask.label) >= (lead if step else 0):
            return
        slope, gap, w = nearest_boundary(ask, x, z, norm)
        rise = max((1 + hair) * gap, ((2 + step) * lead + gap) / (1 + overshoot))
        total = total + rise / slope * steepest(w, norm)
        x = (clean + (1 + overshoot) * total).clamp(0, 1)


def nearest_boundary(ask, x, z, norm):
    """(slope, gap, gradient) of the rival whose linearised boundary is nearest in the norm."""
    seen = []
    for k in range(CLASSES):
        if k != ask.label:
            w = ask.gradient(x, lambda z, k=k: z[k] - z[ask.label])
            seen.append((float(w.norm() if norm == "l2" else w.abs().sum()), float(z[ask.label] - z[k]), w))
    return min(seen, key=lambda boundary: abs(boundary[1]) / boundary[0])


def steepest(w, norm):
    return w / w.norm() if norm == "l2" else w.sign()


# Name of the tensors, and how to run ("inner": from images so far inside the box that no step meets it); tests/attack/methods/golden_runs_test.cpp has the same.
RUNS = {
    "apgd": lambda ask, x, rng: apgd(ask, x, rng, 0.03, 50),
    "cw": lambda ask, x, rng: carlini_wagner(ask, x, rng, 3, 40, 0.05, 0.1),
    "fab.l2": lambda ask, x, rng: fab(ask, x, rng, "l2", 15),
    "fab.linf": lambda ask, x, rng: fab(ask, x, rng, "linf", 15),
    "fab.drawn": lambda ask, x, rng: fab(ask, x, rng, "l2", 15, beta=0.5),  # α is at its cap
    "square.linf": lambda ask, x, rng: square_linf(ask, x, rng, 0.02, 120),
    "square.l2": lambda ask, x, rng: square_l2(ask, x, rng, 0.15, 120),
    "deepfool.l2": lambda ask, x, rng: deepfool_in_box(ask, x, rng, "l2"),
    "deepfool.linf": lambda ask, x, rng: deepfool_in_box(ask, x, rng, "linf"),
    "inner.deepfool.l2": lambda ask, x, rng: deepfool(ask, x, rng, "l2"),
    "inner.deepfool.linf": lambda ask, x, rng: deepfool(ask, x, rng, "linf"),
    "jsma": lambda ask, x, rng: jsma(ask, x, rng, (ask.label + 2) % CLASSES, 0.4, 0.3),
}


def main():
    images = torch.rand(3, SIDE * SIDE).float().double()
    tensors = {name: value.float() for name, value in net.state_dict().items()}
    sets = {"": images, "inner.": (0.35 + 0.3 * images).float().double()}
    labels = {of: [int(net(x.view(1, 1, SIDE, SIDE))[0].argmax()) for x in sets[of]] for of in sets}
    for of in sets:
        tensors[f"golden.{of}images"] = sets[of].float().view(3, SIDE, SIDE, 1)
        tensors[f"golden.{of}labels"] = torch.tensor(labels[of], dtype=torch.float32)
    for name, run in RUNS.items():
        of = "inner." if name.startswith("inner.") else ""
        for i, (image, label) in enumerate(zip(sets[of], labels[of])):
            ask = Asked(label)
            run(ask, image, Draws(7, i))
            tensors[f"golden.{name}.{i}"] = torch.tensor(ask.losses, dtype=torch.float32)
            print(f"{name} {i}: {len(ask.losses)} images, loss {ask.losses[0]:.4f} to {ask.losses[-1]:.4f}, "
                  f"highest {max(ask.losses):.4f}")
    architecture = {"version": 1, "name": "attack-runs", "input": {"height": SIDE, "width": SIDE, "channels": 1},
                    "classes": list("abcde"), "layers": LAYERS}
    save(pathlib.Path(__file__).with_name("attack_runs.safetensors"), tensors,
         {"format": "pt", "signflip": json.dumps(architecture)})


main()
