// FGSM, BIM, MIM and PGD: climbs of the cross-entropy (attack/climb.h) with different steps.
//
// All take sign(0) = 0, stay in the ε-ball and in [0,1] after every step, and climb the loss of the
// label or, given targets, descend that of the target. Step by step they cost one gradient and one
// query (its forward half) per image. Loss and direction: core/exact/objective.h.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// Fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572). L∞: one step
/// of epsilon against the sign of the gradient. epsilon 0.3 (0 … 1). Cost: 1 gradient, 1 query.
extern const AttackEntry kFgsm;

/// Basic iterative method (Kurakin, Goodfellow and Bengio 2017, arXiv:1607.02533). L∞: FGSM in
/// small steps, clipped to the ball after each; no random start. epsilon 0.3 (0 … 1), step-size 0 =
/// epsilon/steps (0 … 1), steps 10 (1 … 10,000). Cost: `steps` gradients, `steps` queries.
extern const AttackEntry kBim;

/// Momentum iterative method (Dong et al. 2018, arXiv:1710.06081). L∞: BIM along accumulated
/// gradients, each divided by its mean absolute value in the image (equal in direction to the
/// paper's L1 norm), the sum so far times `decay`. Parameters of BIM, and decay 1 (0 … 10).
/// Cost: `steps` gradients, `steps` queries.
extern const AttackEntry kMim;

/// Projected gradient descent (Madry et al. 2018, arXiv:1706.06083). L∞ or L2: BIM from a random
/// point of the ball. Of several restarts each image keeps the first that succeeds, else that of
/// the highest loss; successful images are not restarted. epsilon 0.3 (0 … 100; L∞ up to 1),
/// norm linf|l2, steps 40 (1 … 10,000), step-size 0 = 2.5·epsilon/steps (0 … 100), random-start
/// true, restarts 1 (1 … 100). Cost: `steps` gradients and queries per restart; with several
/// restarts one more query each, to judge it.
extern const AttackEntry kPgd;

}  // namespace signflip
