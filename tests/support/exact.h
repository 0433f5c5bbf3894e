// Arithmetic that certificates are tested against.
#pragma once

namespace signflip::test {

/// At least 64 bits of mantissa: products of two floats are exact, sums as good as exact beside the
/// errors of float32 that matter here.
using Exact = long double;

inline Exact exact(float value) { return static_cast<Exact>(value); }

}  // namespace signflip::test
