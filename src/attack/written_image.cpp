#include "attack/written_image.h"

#include <cmath>

#include "attack/geometry/norms.h"
#include "attack/geometry/pixels.h"

namespace signflip {
namespace {

/// Rounding errors of float32 in a number of grey levels.
constexpr float kSlack = 1e-3F;

/// Draws values back where rounding moved them away from the clean one.
void undo_growth(std::span<const float> clean, std::span<const float> adversarial,
                 std::span<float> rounded) {
  for (std::size_t j = 0; j < rounded.size(); ++j) {
    const float reach = std::fabs(adversarial[j] - clean[j]) * 255.0F + kSlack;
    draw_levels_back(clean.subspan(j, 1), reach, rounded.subspan(j, 1));
  }
}

}  // namespace

void round_within_linf(std::span<const float> clean, std::span<const float> adversarial,
                       double epsilon, std::span<float> rounded) {
  round_to_8_bits(adversarial, rounded);
  draw_levels_back(clean, static_cast<float>(epsilon * 255.0) + kSlack, rounded);
}

void round_to_written(const AttackEntry& attack, const Parameters& parameters,
                      std::span<const float> clean, std::span<const float> adversarial,
                      std::span<float> rounded) {
  const bool budget = attack.family == Family::fixed_budget || attack.family == Family::ensemble;
  if (budget && norm_from(norm_of(attack, parameters)) == Norm::linf) {
    return round_within_linf(clean, adversarial, parameters.real("epsilon"), rounded);
  }
  round_to_8_bits(adversarial, rounded);
  if (budget && distances(clean, rounded).l2 > parameters.real("epsilon")) {
    undo_growth(clean, adversarial, rounded);
  }
}

}  // namespace signflip
