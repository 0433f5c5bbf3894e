// Auto-PGD: projected gradient ascent that chooses its own step size (Croce and Hein 2020,
// arXiv:2003.01690), with cross-entropy, with the DLR loss (core/exact/logit_ratio.h), and with its
// targeted form. L∞ and L2.
//
// The step starts at 2·epsilon and is halved at checkpoints (after 22% of the steps, then ever
// sooner, at least 6% apart) for images whose loss rose in fewer than 75% of the steps since the
// last one, or whose best loss and step have both stood still; these go on from their best point.
// Each step keeps a quarter of the one before (momentum 0.75). Starts at a random point of the
// ball's surface. The answer is the adversarial iterate of the highest loss, else the iterate of
// the highest loss.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// APGD on cross-entropy; targeted: on that of the target. epsilon 0.3 (0 … 100; L∞ up to 1),
/// norm linf|l2, steps 100 (1 … 10,000), restarts 1 (1 … 100) on what survived, early-stop false:
/// leave an image alone once it is adversarial (cheaper, but transfers worse).
/// Cost: `steps` gradients and steps + 1 queries a restart, fewer with early-stop.
extern const AttackEntry kApgdCe;

/// APGD on the DLR loss; targeted: on the targeted DLR loss, the target against the best other
/// class. Parameters and cost of apgd-ce.
extern const AttackEntry kApgdDlr;

/// APGD on the targeted DLR loss against each of the target-classes (9; 1 … 1,000, at most K − 1)
/// most likely wrong classes in turn. Untargeted: an image is done as soon as it is misclassified.
/// Otherwise parameters of apgd-ce. Cost: as apgd-ce for each class tried, and one query.
extern const AttackEntry kApgdT;

}  // namespace signflip
