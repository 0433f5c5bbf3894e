#include "train/optimiser.h"

#include <cmath>

#include "backend/ops.h"
#include "core/names.h"

namespace signflip {

namespace {

constexpr Named<OptimiserKind> kOptimisers[] = {
    {OptimiserKind::sgd, "sgd"}, {OptimiserKind::adam, "adam"}, {OptimiserKind::adamw, "adamw"}};

}  // namespace

Result<OptimiserKind> optimiser_from_name(const std::string& name) {
  return value_named<OptimiserKind>(kOptimisers, "optimiser", name);
}

std::string_view optimiser_name(OptimiserKind kind) {
  return name_of<OptimiserKind>(kOptimisers, kind);
}

float adam_correction(float beta, std::size_t step) {
  return static_cast<float>(1.0 /
                            (1.0 - std::pow(static_cast<double>(beta), static_cast<double>(step))));
}

void update(const OptimiserOptions& options, OptimiserState& state, std::size_t step,
            float learning_rate, std::span<const float> gradients, std::span<float> parameters,
            std::size_t begin) {
  const float* const g = gradients.data();
  float* const w = parameters.data() + begin;
  float* const m = state.first.data() + begin;
  const float decay = options.weight_decay;
  if (options.kind == OptimiserKind::sgd) {
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      m[i] = options.momentum * m[i] + g[i] + decay * w[i];
      w[i] -= learning_rate * m[i];
    }
    return;
  }
  const bool decoupled = options.kind == OptimiserKind::adamw;
  const AdamStep adam = {options.beta1,
                         options.beta2,
                         options.epsilon,
                         decoupled ? 0.0F : decay,
                         decoupled ? 1.0F - learning_rate * decay : 1.0F,
                         learning_rate * adam_correction(options.beta1, step),
                         adam_correction(options.beta2, step)};
  cpu_training_ops().adam(adam, gradients.size(), g, w, m, state.second.data() + begin);
}

double clip_gradient_norm(std::span<float> gradients, double maximum) {
  double squares = 0.0;
  for (const float g : gradients) squares += static_cast<double>(g) * static_cast<double>(g);
  const double norm = std::sqrt(squares);
  if (!(norm > maximum) || !std::isfinite(norm)) return norm;
  const auto factor = static_cast<float>(maximum / norm);
  for (float& g : gradients) g *= factor;
  return norm;
}

}  // namespace signflip
