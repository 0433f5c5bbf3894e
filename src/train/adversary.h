// How training crafts adversarial images: a shard at a time, on the thread that trains the shard.
// Nothing is re-classified or measured; that is evaluation's business.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/differentiable_model.h"
#include "core/result.h"
#include "train/config.h"

namespace signflip {

/// The images to attack. Image n draws its random numbers from (seed, numbers[n]).
struct Victims {
  ImageShape shape;
  std::span<const float> clean;  ///< count·H·W·C in [0,1]
  std::span<const int> labels;
  std::span<const std::size_t> numbers;
  std::uint64_t seed = 0;
  double epsilon = 0;  ///< L∞ radius; with 0 nothing is changed
};

/// Fills the last argument with attacked copies, in [0,1].
using Craft = std::function<void(Pass&, const Victims&, std::span<float>)>;

/// A gradient attack of the catalogue with a fixed budget; `steps` where it takes several. A
/// sentence that begins with `option` for any other name.
Result<Craft> catalogue_craft(const std::string& option, const std::string& name, int steps);

/// FGSM from a random start. "rs-fgsm" (Wong, Rice and Kolter 2020): noise in ±ε, a step of 1.25 ε,
/// back into the ball. "n-fgsm" (de Jorge et al. 2022): noise in ±2ε, a step of ε, not brought
/// back. `steps` is read at each call; with k > 1 the way is gone in k steps of 2.5 ε/k (at most
/// the single step's length).
Result<Craft> single_step_craft(const std::string& name, const int& steps);

/// What TRADES learns from (Zhang et al. 2019): PGD from a tiny normal perturbation that climbs
/// KL(clean prediction ‖ prediction), in steps of 2.5 ε/steps.
Craft divergence_craft(int steps);

/// KL(p ‖ q) of two predictions, given as logits, and its gradients with respect to both, each
/// multiplied by `scale` and added.
double divergence(std::span<const float> clean, std::span<const float> attacked, float scale,
                  std::span<float> dclean, std::span<float> dattacked);

}  // namespace signflip
