// Projection onto a hyperplane within the box. The rise that is reached grows with the common time
// as a concave, piecewise linear function, so that Newton's method from 0 ends at the exact time
// after a few rounds without sorting: each round fixes the pixels that the box stops before then.
#include "attack/geometry/hyperplane.h"

#include <algorithm>
#include <cmath>

namespace signflip {

bool HyperplaneProjection::project(Norm norm, std::span<const float> x,
                                   std::span<const float> weight, double rise,
                                   std::span<float> delta) {
  const bool l2 = norm == Norm::l2;
  const double low = static_cast<double>(bounds_.low), high = static_cast<double>(bounds_.high);
  movers_.clear();
  for (std::size_t j = 0; j < x.size(); ++j) {
    delta[j] = 0;
    const double w = static_cast<double>(weight[j]), at = static_cast<double>(x[j]);
    if (w != 0 && rise != 0) {  // true for NaN, which then spoils only this projection
      movers_.push_back({j, std::fabs(w), w * rise > 0 ? high - at : at - low});
    }
  }
  const auto place = [&](const Mover& m, double by) {
    delta[m.index] = static_cast<float>(static_cast<double>(weight[m.index]) * rise > 0 ? by : -by);
  };
  double needed = std::fabs(rise);
  while (!movers_.empty()) {
    double pace = 0;
    for (const Mover& m : movers_) pace += l2 ? m.pull * m.pull : m.pull;
    const double time = needed / pace;
    const auto stopped = [&](const Mover& m) { return !((l2 ? m.pull * time : time) < m.room); };
    std::size_t free = 0;
    for (const Mover& m : movers_) {
      if (stopped(m)) {
        place(m, m.room);
        needed -= m.pull * m.room;
      } else {
        movers_[free++] = m;
      }
    }
    if (free == movers_.size()) {
      for (const Mover& m : movers_) place(m, l2 ? m.pull * time : time);
      return true;
    }
    movers_.resize(free);
    needed = std::max(needed, 0.0);
  }
  return needed <= 0 || rise == 0;
}

}  // namespace signflip
