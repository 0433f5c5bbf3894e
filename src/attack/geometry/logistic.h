// The logistic function and its inverse, the change of variable that keeps C&W inside the box:
// (tanh(w) + 1)/2 = 1/(1 + e^−2w). Written with + · / alone, which round alike natively and in
// WebAssembly, and without branches, so that loops over pixels vectorise.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/bits.h"

namespace signflip {

/// e^x for −87 ≤ x ≤ 0 (more negative, or not a number: e^−87), within 3 units in the last place:
/// Taylor's series between halves of powers of two.
inline float exp_of_negative(float x) {
  x = x > -87.0F ? x : -87.0F;
  constexpr float kRound = 12582912.0F;  // adding 1.5·2^23 rounds to a whole number
  const float n = (x * 1.44269504F + kRound) - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;  // ln 2 in two parts
  float sum = 1.0F / 5040;
  sum = sum * r + 1.0F / 720;
  sum = sum * r + 1.0F / 120;
  sum = sum * r + 1.0F / 24;
  sum = sum * r + 1.0F / 6;
  sum = sum * r + 0.5F;
  sum = sum * r + 1.0F;
  sum = sum * r + 1.0F;
  return sum *
         float_from_bits(static_cast<std::uint32_t>(static_cast<std::int32_t>(n) + 127) << 23);
}

/// u = 1/(1 + e^−2w) and du/dw, both to float32's relative precision, also where u is nearly 0
/// or 1.
struct Logistic {
  float value;
  float slope;
};
inline Logistic logistic(float w) {
  const float e = exp_of_negative(w > 0 ? -2 * w : 2 * w);
  const float share = 1.0F / (1.0F + e);
  return {w > 0 ? share : e * share, 2 * (e * share) * share};
}

/// w such that logistic(w) is u, moved towards 1/2 by the factor `scale` < 1, so that 0 and 1 have
/// one: atanh((2u − 1)·scale).
inline float inverse_logistic(float u, double scale) {
  const double t = (2 * static_cast<double>(u) - 1) * scale;
  return static_cast<float>(0.5 * std::log((1 + t) / (1 - t)));
}

}  // namespace signflip
