// DeepFool: straight to the nearest boundary of the linearised model, and again from there
// (Moosavi-Dezfooli, Fawzi and Frossard 2016, arXiv:1511.04599). L2 and L∞.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// Minimum norm, untargeted. Each step goes to the nearest of the linearised boundaries with the
/// ten likeliest classes (with up to ten classes: with all), and the steps are summed. As in
/// Foolbox, the sum is never clipped, only the image that is shown to the model, clean +
/// (1 + overshoot)·sum, is; so the answer is the very image that the model was seen to
/// misclassify, and where the box swallows a part of a step the next ones make up for it. norm
/// l2|linf (default l2), overshoot 0.02 (0 … 10), steps 50 (1 … 10000; away from the
/// edges of the box most images need 2 to 5). An image is dropped once it is misclassified by more
/// than rounding, a lead of 1e-5 of the largest logit; one that never is misclassified comes back
/// clean. A class is not looked at again before the image has gone half
/// the way to where its boundary was. Cost: 1 query a step (one more where another image of the
/// shard has just finished) and min(K, 10) − 1 gradients at the first, later a few.
extern const AttackEntry kDeepFool;

}  // namespace signflip
