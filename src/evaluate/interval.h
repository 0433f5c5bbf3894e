// How far a fraction that was counted on a sample may be from the true one.
#pragma once

#include <cstddef>
#include <utility>

namespace signflip {

/// The 95% interval of a fraction of `trials` images (Wilson 1927): from and to, within [0,1];
/// all of it where there are none.
std::pair<double, double> confidence_interval(double fraction, std::size_t trials);

}  // namespace signflip
