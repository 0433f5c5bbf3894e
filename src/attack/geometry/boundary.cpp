// One backward pass per rival; only the gradient of the nearest boundary is kept.
#include "attack/geometry/boundary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace signflip {

std::vector<std::size_t> likeliest_rivals(std::span<const float> logits, int label,
                                          std::size_t limit) {
  std::vector<std::size_t> rivals(logits.size());
  std::iota(rivals.begin(), rivals.end(), std::size_t{0});
  rivals.erase(rivals.begin() + label);
  std::stable_sort(rivals.begin(), rivals.end(),
                   [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
  rivals.resize(std::min(limit, rivals.size()));
  return rivals;
}

double dual_norm(Norm norm, std::span<const float> gradient) {
  if (norm == Norm::l2) return l2_norm(gradient);
  double sum = 0;
  for (const float g : gradient) sum += static_cast<double>(std::fabs(g));
  return sum;
}

BoundaryFinder::BoundaryFinder(Pass& pass, Norm norm, std::size_t image_size, std::size_t most)
    : pass_(pass),
      norm_(norm),
      logits_(most, pass.classes()),
      dlogits_(most, pass.classes()),
      gradient_(most, image_size),
      nearest_(most, image_size) {}

void BoundaryFinder::find(Rows<const float> logits, std::span<const int> labels,
                          std::span<const std::size_t> rivals, std::span<double> bounds) {
  const std::size_t count = labels.size();
  const std::size_t each = rivals.size() / count;
  copy_row(logits.values(), logits_.rows());  // the pass's own do not outlive a gradient
  boundaries_.assign(count, {});
  nearest_.fill(0);
  const Rows<float> dlogits = dlogits_.first(count), gradients = gradient_.first(count);
  const auto wanted = [&](std::size_t slot, std::size_t r) {
    return bounds.empty() || bounds[slot * each + r] <= boundaries_[slot].distance;
  };
  std::vector<char> looks(count);
  for (std::size_t r = 0; r < each; ++r) {
    dlogits_.fill(0);
    for (std::size_t slot = 0; slot < count; ++slot) {
      looks[slot] = wanted(slot, r);
      if (!looks[slot]) continue;
      dlogits[slot][rivals[slot * each + r]] += 1;
      dlogits[slot][static_cast<std::size_t>(labels[slot])] -= 1;
    }
    if (std::find(looks.begin(), looks.end(), 1) == looks.end()) return;  // the rest are farther
    pass_.input_gradient(dlogits, gradients);
    for (std::size_t slot = 0; slot < count; ++slot) {
      if (!looks[slot]) continue;
      const std::span<const float> gradient = gradients[slot], z = logits_[slot];
      Boundary seen;
      seen.rival = rivals[slot * each + r];
      seen.gap = static_cast<double>(z[seen.rival]) -
                 static_cast<double>(z[static_cast<std::size_t>(labels[slot])]);
      seen.slope = dual_norm(norm_, gradient);
      const bool usable = seen.slope > 0 && std::isfinite(seen.slope);
      if (usable) seen.distance = std::fabs(seen.gap) / seen.slope;
      if (!bounds.empty()) bounds[slot * each + r] = seen.distance;
      if (!(seen.distance < boundaries_[slot].distance)) continue;
      boundaries_[slot] = seen;
      copy_row(gradient, nearest_[slot]);
    }
  }
}

}  // namespace signflip
