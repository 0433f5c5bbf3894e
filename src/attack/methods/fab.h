// FAB: along the boundary of the linearised model and back towards the clean image (Croce and Hein
// 2020, arXiv:1907.02044). L∞ and L2.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// Minimum norm. Each step projects the iterate and the clean image onto the nearest linearised
/// boundary within the box (exactly), goes eta times as far, and mixes the two, giving the clean
/// image's the share d/(d + d_clean), at most alpha-max; from an image that fools the model it
/// steps back by beta towards the clean one. At the end a secant search on the line from the
/// clean image to the answer brings that nearer. Untargeted, the boundaries are those with all
/// other classes; targeted, the one between the target and the class that leads at the iterate.
/// Restarts begin at a random point half as far as the best answer so far, at most `restart-radius`
/// away. norm linf|l2, steps 100 (1 … 10,000), restarts 1 (1 … 100), alpha-max 0.1 (0 … 1),
/// eta 1.05 (1 … 2), beta 0.9 (0.01 … 1), final-search 3 (0 … 20), restart-radius 0 (0 … 100; 0:
/// 0.3 for linf, 1 for l2). Images that are misclassified from the start are left alone; one that
/// never is comes back clean. Cost: for each restart up to K − 1 gradients (targeted: 1) and 2
/// queries a step.
extern const AttackEntry kFab;

/// FAB as AutoAttack uses it: towards each of the target-classes 9 (1 … 1000) likeliest wrong
/// classes in turn, where any misclassification counts. Keeps the nearest answer of all. Parameters
/// as above and stop-below 0 (0 … 100): once an image was fooled by no more than this, it is left
/// alone; 0: never. Cost: for each class and restart 1 gradient and up to 2 queries a step.
extern const AttackEntry kFabT;

/// How far away restarts begin: restart-radius, or where that is 0 what suits the norm.
double restart_radius(const Parameters& parameters);

}  // namespace signflip
