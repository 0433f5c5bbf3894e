// The Jacobian-based saliency map attack (Papernot, McDaniel, Jha, Fredrikson, Celik and Swami
// 2016, arXiv:1511.07528, Algorithms 2 and 3), which moves the two most telling values at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "attack/catalog.h"

namespace signflip {

/// L0 small, counted in values (H·W·C of them), not positions. Each step moves one pair of values
/// by theta (clipped to the box; negative: darker) so that the target's output F_t rises and the
/// sum of the other outputs falls, the pair (p,q) being the one with the largest
/// −(α_p+α_q)(β_p+β_q), α = ∂F_t/∂x, β = ∂Σ_{k≠t} F_k/∂x, of all pairs with α_p+α_q > 0 and
/// β_p+β_q < 0 (both the other way round for theta < 0).
///
/// F are the probabilities, as in the paper's definition and in CleverHans, or the logits, as in
/// the paper's experiments (Carlini and Wagner's JSMA-F and JSMA-Z): `saliency`. Of the
/// probabilities β = −α, and only the direction of α matters, so it is taken from the log odds,
/// which do not vanish where the model is sure. That is the default, for it needs about half as
/// many pixels and gradients on our MNIST nets (standard net, 50 images × 9 targets: 99.6% and 22
/// pixels, against 89.8% and 40).
///
/// Values that can go no further take no part. It ends at success, where no pair is left, or after
/// ⌊gamma·H·W·C / 2⌋ steps, so that at most gamma·H·W·C values change. Without success the result
/// is the visited point nearest to it (the clean image where no step brought it nearer).
///
/// theta: default 1, −1 to 1. gamma: default 0.145, 0 to 1. saliency: default
/// probabilities, or logits.
///
/// Untargeted (not in the paper): the target is the clean image's strongest class other than the
/// label, and it ends as soon as the label is left.
///
/// Cost: one query and one gradient (logits: two) a step, one more query at the end, and one more
/// gradient (two) where other images of the shard go on.
extern const AttackEntry kJsma;

/// Two positions in the arrays that best_pair() was given; first < second.
struct SaliencyPair {
  std::size_t first = 0, second = 0;
  bool operator==(const SaliencyPair&) const = default;
};

/// The pair p ≠ q with the largest (rise_p + rise_q)·(fall_p + fall_q) of those where both sums are
/// positive, or nothing. Exact, in O(n log n + s²) with s small: a value that two others equal or
/// beat in both rise and fall is in no pair that cannot be replaced by one as good, and few are
/// left then. Values that are not finite take no part.
std::optional<SaliencyPair> best_pair(std::span<const float> rise, std::span<const float> fall);

}  // namespace signflip
