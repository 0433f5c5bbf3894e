// Square attack: random search over square patches, without any gradient (Andriushchenko, Croce,
// Flammarion and Hein 2020, arXiv:1912.00049). L∞ and L2.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// Black box: only logits are asked. L∞: starts from vertical stripes of ±epsilon, then tries
/// squares of ±epsilon, one colour a channel; L2: starts from a grid of bumps of either sign, then
/// moves mass between windows. A try is kept where it lowers the margin (targeted: the target's
/// cross-entropy). The share of pixels that a square covers starts at p-init and is halved by
/// the paper's schedule, scaled to the number of queries. The first query is the clean image, so
/// the answer is never worse than that; images are dropped once they succeed. epsilon 0.3 (0 … 100;
/// L∞ up to 1), norm linf|l2, queries 5000 (1 … 1,000,000), p-init 0.8 (0.001 … 1). Cost: at most
/// `queries` queries, no gradient.
extern const AttackEntry kSquare;

}  // namespace signflip
