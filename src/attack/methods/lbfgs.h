// The first attack on neural networks: L-BFGS within the box (Szegedy et al. 2014,
// arXiv:1312.6199). L2.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// Minimum norm, L2, targeted or untargeted. Minimises c·‖x − clean‖² + loss(x) over the box and
/// searches for the largest c whose minimum is adversarial: from the c that would be right if the
/// model were affine, by factors, then by bisection. Targeted, the loss is the paper's: the
/// cross-entropy of the target. Untargeted (not in the paper) it is that of "not the label",
/// −log(1 − p_label), and in the last third of the rounds that of one rival against the label
/// alone: the class whose linearised boundary, seen from the answer so far, is nearest to the clean
/// image (of the nine likeliest). All end at 0, so that the minimum does not run past the boundary;
/// with a loss that goes on falling beyond it (log odds, or minus the label's cross-entropy)
/// answers for adversarially trained models are up to twice as far away. Keeps the nearest
/// adversarial image seen; where there is none, the clean one. steps 50 for each c (1 … 10,000),
/// binary-search-steps 12 (1 … 30). Cost: at most 1 + binary-search-steps · steps gradients and
/// queries, usually half of it; untargeted min(K, 10) − 1 gradients and one query more.
extern const AttackEntry kLbfgs;

}  // namespace signflip
