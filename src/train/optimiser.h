// Optimisers, element by element: given gradients they move parameters. Not schedules, not loops.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

enum class OptimiserKind { sgd, adam, adamw };

Result<OptimiserKind> optimiser_from_name(const std::string& name);
std::string_view optimiser_name(OptimiserKind kind);

struct OptimiserOptions {
  OptimiserKind kind = OptimiserKind::adam;
  float momentum = 0.9F;  ///< SGD (Polyak 1964, PyTorch's form: v ← μv + g, w ← w − ηv)
  float beta1 = 0.9F;     ///< Adam (Kingma and Ba 2015)
  float beta2 = 0.999F;
  float epsilon = 1e-8F;
  float weight_decay =
      0.0F;  ///< added to the gradient; AdamW (Loshchilov and Hutter 2019): decoupled
};

/// What an optimiser remembers: SGD the velocity in `first`, Adam both moments.
struct OptimiserState {
  std::vector<float> first, second;
  std::size_t steps = 0;

  OptimiserState(OptimiserKind kind, std::size_t size)
      : first(size), second(kind == OptimiserKind::sgd ? 0 : size) {}
};

/// Adam's 1/(1 − βᵗ), t counting steps from 1.
float adam_correction(float beta, std::size_t step);

/// One step for as many parameters from `begin` on as there are gradients. `step` counts from 1.
/// Ranges are independent, so threads may share the work.
void update(const OptimiserOptions& options, OptimiserState& state, std::size_t step,
            float learning_rate, std::span<const float> gradients, std::span<float> parameters,
            std::size_t begin);

/// Scales the gradients down to an L2 norm of `maximum` (> 0) where theirs is larger, as
/// torch.nn.utils.clip_grad_norm_ does (Pascanu et al. 2013). Returns their norm before. The sum is
/// taken in double and in order, so it does not depend on threads. A norm that is not finite leaves
/// the gradients unchanged.
double clip_gradient_norm(std::span<float> gradients, double maximum);

}  // namespace signflip
