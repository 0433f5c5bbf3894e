// SGD with momentum, Adam, AdamW.
#include "train/optimiser.h"

#include <cmath>

namespace signflip {

Result<OptimiserKind> optimiser_from_name(const std::string& name) {
  if (name == "sgd") return OptimiserKind::sgd;
  if (name == "adam") return OptimiserKind::adam;
  if (name == "adamw") return OptimiserKind::adamw;
  return Error{"there is no optimiser '" + name + "'; known are sgd, adam and adamw"};
}

float adam_correction(float beta, std::size_t step) {
  return static_cast<float>(1.0 /
                            (1.0 - std::pow(static_cast<double>(beta), static_cast<double>(step))));
}

void update(const OptimiserOptions& options, OptimiserState& state, std::size_t step,
            float learning_rate, std::span<const float> gradients, std::span<float> parameters,
            std::size_t begin, std::size_t end) {
  const float* const g = gradients.data();
  float* const w = parameters.data();
  float* const m = state.first.data();
  const float decay = options.weight_decay;
  if (options.kind == OptimiserKind::sgd) {
    for (std::size_t i = begin; i < end; ++i) {
      m[i] = options.momentum * m[i] + g[i] + decay * w[i];
      w[i] -= learning_rate * m[i];
    }
    return;
  }
  float* const v = state.second.data();
  const float first = adam_correction(options.beta1, step);
  const float second = adam_correction(options.beta2, step);
  const bool decoupled = options.kind == OptimiserKind::adamw;
  const float coupled_decay = decoupled ? 0.0F : decay;
  const float shrink = decoupled ? 1.0F - learning_rate * decay : 1.0F;
  for (std::size_t i = begin; i < end; ++i) {
    const float gradient = g[i] + coupled_decay * w[i];
    m[i] = options.beta1 * m[i] + (1.0F - options.beta1) * gradient;
    v[i] = options.beta2 * v[i] + (1.0F - options.beta2) * gradient * gradient;
    w[i] =
        shrink * w[i] - learning_rate * first * m[i] / (std::sqrt(second * v[i]) + options.epsilon);
  }
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
