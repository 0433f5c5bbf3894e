// The functions that elementwise layers apply, as data: one loop serves all of them, because each
// loop more is bytes of the page's module. ReLU and sigmoid are not here; they have loops of their
// own (ops.h, plain_ops.h).
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace signflip {

struct Activation {
  enum class Kind : std::uint8_t { leaky_relu, tanh, gelu, silu, hardtanh };
  Kind kind;
  float first = 0.0F;   ///< leaky_relu: the slope below 0; hardtanh: the least output
  float second = 0.0F;  ///< hardtanh: the greatest output
  bool operator==(const Activation&) const = default;
};

template <class T>
struct ValueAndSlope {
  T value, slope;
};

namespace plain {

/// Φ(x), the share of the standard normal distribution below x; `bell` is exp(−x²/2). In float by
/// formula 7.1.26 of Abramowitz and Stegun (1964), within 1.5·10⁻⁷ of erf: a tenth of the code that
/// std::erf brings into the page's module.
template <class T>
T normal_share(T x, T bell) {
  if constexpr (std::is_same_v<T, float>) {
    const float t = 1.0F / (1.0F + 0.3275911F * 0.70710678F * std::abs(x));
    const float tail =
        0.5F * bell * t *
        (0.254829592F +
         t * (-0.284496736F + t * (1.421413741F + t * (-1.453152027F + t * 1.061405429F))));
    return x < 0.0F ? tail : 1.0F - tail;
  } else {
    return std::erfc(-x * std::sqrt(T(0.5))) / 2;
  }
}

/// f(x) and f′(x), with PyTorch's slopes at the kinks. GELU (Hendrycks and Gimpel 2016) is x·Φ(x),
/// the exact form; SiLU (Elfwing et al. 2018) x·sigmoid(x).
template <class T>
ValueAndSlope<T> activation(const Activation& f, T x) {
  switch (f.kind) {
    case Activation::Kind::leaky_relu: {
      const T slope = x > 0 ? T(1) : static_cast<T>(f.first);
      return {slope * x, slope};
    }
    case Activation::Kind::tanh: {
      const T y = 1 - 2 / (1 + std::exp(2 * x));
      return {y, 1 - y * y};
    }
    case Activation::Kind::gelu: {
      const T bell = std::exp(x * x * T(-0.5));
      const T share = normal_share(x, bell);
      return {x * share, share + x * bell * T(0.39894228040143268)};
    }
    case Activation::Kind::silu: {
      const T share = 1 / (1 + std::exp(-x));
      return {x * share, share * (1 + x * (1 - share))};
    }
    case Activation::Kind::hardtanh:
      break;
  }
  const T least = static_cast<T>(f.first), greatest = static_cast<T>(f.second);
  const bool inside = x > least && x < greatest;
  return {x < least ? least : x > greatest ? greatest : x, inside ? T(1) : T(0)};
}

}  // namespace plain
}  // namespace signflip
