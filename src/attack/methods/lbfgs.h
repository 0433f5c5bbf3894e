// The first attack on neural networks: L-BFGS within the box (Szegedy et al. 2014,
// arXiv:1312.6199). L2.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// Minimum norm, L2, targeted or untargeted. Minimises c·‖x − clean‖² + s(x) over the box and looks
/// for the largest c whose minimum is adversarial: from the c that would be right, were the model
/// affine, by factors, then by bisection. Targeted, s is log Σ_{k≠t} e^{z_k} − z_t, of which the
/// paper's cross-entropy is log(1 + e^s): a monotone function of the same, so that the minima for
/// all c trace the same path, but one that does not flatten where the model is confident.
/// Untargeted (not in the paper), s is the same against one rival, z_label − z_rival, where the
/// rival is the class whose linearised boundary is nearest to the clean image (of the nine
/// likeliest). Keeps the nearest adversarial image seen; where there is none, the clean one. steps
/// 50 for each c (1 … 10,000), binary-search-steps 12 (1 … 30). Cost: at most binary-search-steps ·
/// steps gradients, and as many queries; usually a tenth of it; untargeted min(K, 10) − 1 gradients
/// more.
extern const AttackEntry kLbfgs;

}  // namespace signflip
