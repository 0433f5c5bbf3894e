#include "evaluate/interval.h"

#include <algorithm>
#include <cmath>

namespace signflip {

std::pair<double, double> confidence_interval(double fraction, std::size_t trials) {
  constexpr double kZ = 1.959963984540054;  // of the normal distribution, 2.5% on either side
  if (trials == 0) return {0.0, 1.0};
  const auto n = static_cast<double>(trials);
  const double shrink = 1.0 + kZ * kZ / n;
  const double middle = (fraction + kZ * kZ / (2.0 * n)) / shrink;
  const double half =
      kZ / shrink * std::sqrt(fraction * (1.0 - fraction) / n + kZ * kZ / (4.0 * n * n));
  // At the ends the interval reaches them exactly; rounding must not say otherwise.
  return {fraction <= 0.0 ? 0.0 : std::max(middle - half, 0.0),
          fraction >= 1.0 ? 1.0 : std::min(middle + half, 1.0)};
}

}  // namespace signflip
