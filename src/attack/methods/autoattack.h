// AutoAttack, standard version (Croce and Hein 2020, arXiv:2003.01690): an ensemble without
// parameters to tune, the usual yardstick for robustness.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// APGD-CE, targeted APGD-DLR, targeted FAB and Square, in this order, each only on the images that
/// survived the ones before; untargeted. Parts draw the random numbers that they would draw alone
/// with the same seed, so no part alone can succeed where the ensemble does not.
/// epsilon 0.3 (0 … 100; L∞ up to 1), norm linf|l2, steps 100 (1 … 10,000) of the gradient attacks,
/// queries 5000 (1 … 1,000,000) of Square. Cost: up to about 19·steps gradients (with 10 classes)
/// and `queries` queries an image that survives; one query a part more, to judge it.
extern const AttackEntry kAutoAttack;

}  // namespace signflip
