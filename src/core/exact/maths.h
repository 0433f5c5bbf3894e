// Elementary functions in double precision, good to about 1e-15, by polynomials. They round alike
// in every build, which libm's do not, and bring no tables, of which a WebAssembly module would
// download eight kilobytes.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/exact/portable.h"

namespace signflip {

/// eˣ; 0 below −708, infinite above 709.
SIGNFLIP_HOST_DEVICE inline double exponential(double x) {
  if (x != x) return x;
  if (x < -708) return 0;
  if (x > 709) return HUGE_VAL;
  constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
  const double power = std::floor(x * 1.4426950408889634 + 0.5);
  const double rest = x - power * kLn2High - power * kLn2Low;  // at most ln 2 / 2 in size
  double sum = 1;
  for (int n = 14; n >= 1; --n) sum = 1 + sum * rest / n;
  const auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(power) + 1023) << 52;
  double scale = 0;
  std::memcpy(&scale, &bits, sizeof scale);
  return sum * scale;
}

/// cos(2π·turn), 0 ≤ turn ≤ 1.
SIGNFLIP_HOST_DEVICE inline double cosine_of_turn(double turn) {
  // Folding is exact: into half a turn, then a quarter, then an eighth of the sine or the cosine.
  double folded = turn > 0.5 ? 1 - turn : turn;
  const bool negative = folded > 0.25;
  if (negative) folded = 0.5 - folded;
  const bool sine = folded > 0.125;
  const double x = 6.283185307179586 * (sine ? 0.25 - folded : folded);
  const double square = x * x;
  double sum = 1;
  for (int n = sine ? 19 : 18; n > 1; n -= 2) sum = 1 - sum * square / (n * (n - 1));
  const double value = sine ? sum * x : sum;
  return negative ? -value : value;
}

}  // namespace signflip
