// The Carlini and Wagner attack, L2 (2017, arXiv:1608.04644): gradient descent on distance plus
// margin, with the image in a variable that cannot leave the box.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// Minimum norm, L2, untargeted or targeted. Minimises ‖x − clean‖² + c·max(κ − m, 0), where m is
/// the margin by which the logits are past the goal, with Adam over w, x = (tanh(w) + 1)/2; starts
/// at atanh((2·clean − 1)·0.999999), so that pixels of exactly 0 and 1 can move. c begins at
/// initial-const; it grows tenfold until an adversarial image is found, then is bisected. Keeps the
/// nearest image seen whose margin is at least κ; where there was none, the clean one. Early abort,
/// as the authors': every tenth of the steps an image must have lowered its loss by 0.01%, else it
/// is dropped until the next c (unless it has hardly moved: ‖x − clean‖² < 1e-7). confidence κ 0 (0
/// … 1000), binary-search-steps 9 (1 … 30), steps 1000 (1 … 100,000), learning-rate 0.01 (1e-5 …
/// 1), initial-const 0.001 (1e-9 … 1e6), abort-early true. Cost: up to binary-search-steps · steps
/// gradients and as many queries.
extern const AttackEntry kCw;

}  // namespace signflip
