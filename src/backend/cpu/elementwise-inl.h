// ReLU, max pooling and the optimiser's step.
#pragma once

#include "backend/cpu/gemm-inl.h"
#include "backend/ops.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// x and y may be the same memory.
void relu_forward(std::size_t size, const float* x, float* y) {
  std::size_t i = 0;
  for (; i + kWidth <= size; i += kWidth) {
    const Vector value = load(x + i);
    store(y + i, reinterpret_cast<Vector>(reinterpret_cast<Mask>(value) & (value > 0.0F)));
  }
  for (; i < size; ++i) y[i] = x[i] > 0.0F ? x[i] : 0.0F;
}

/// dy and dx may be the same memory.
void relu_input_gradient(std::size_t size, const float* y, const float* dy, float* dx) {
  std::size_t i = 0;
  for (; i + kWidth <= size; i += kWidth) {
    const Mask alive = load(y + i) > 0.0F;
    store(dx + i, reinterpret_cast<Vector>(reinterpret_cast<Mask>(load(dy + i)) & alive));
  }
  for (; i < size; ++i) dx[i] = y[i] > 0.0F ? dy[i] : 0.0F;
}

/// where ? a : b, element by element.
inline Mask choose(Mask where, Mask a, Mask b) { return (where & a) | (~where & b); }

/// The maxima of kWidth channels of the window whose first value is x[corner].
inline void pool_vector(const PoolShape& s, const float* x, std::size_t corner, Mask lanes,
                        float* y, std::int32_t* winner) {
  const std::size_t channels = s.in.channels, line = s.in.width * channels;
  Vector best = load(x + corner);
  Mask from = lanes + static_cast<int>(corner);
  for (int kh = 0; kh < s.kernel.height; ++kh) {
    for (int kw = kh == 0 ? 1 : 0; kw < s.kernel.width; ++kw) {
      const std::size_t at = corner + kh * line + kw * channels;
      const Vector value = load(x + at);
      const Mask larger = value > best;
      best = reinterpret_cast<Vector>(
          choose(larger, reinterpret_cast<Mask>(value), reinterpret_cast<Mask>(best)));
      from = choose(larger, lanes + static_cast<int>(at), from);
    }
  }
  store(y, best);
  *reinterpret_cast<UnalignedMask*>(winner) = from;
}

inline void pool_value(const PoolShape& s, const float* x, std::size_t corner, float* y,
                       std::int32_t* winner) {
  const std::size_t channels = s.in.channels, line = s.in.width * channels;
  std::size_t best = corner;
  for (int kh = 0; kh < s.kernel.height; ++kh) {
    for (int kw = 0; kw < s.kernel.width; ++kw) {
      const std::size_t at = corner + kh * line + kw * channels;
      if (x[at] > x[best]) best = at;
    }
  }
  *y = x[best];
  *winner = static_cast<std::int32_t>(best);
}

/// A vector may reach beyond a pixel's channels: what it writes there is overwritten by the next
/// pixels, so only the ends of the arrays are done value by value.
void maxpool_forward(const PoolShape& s, std::size_t count, const float* x, float* y,
                     std::int32_t* winner) {
  const std::size_t channels = s.in.channels, line = s.in.width * channels;
  const std::size_t reach = (s.kernel.height - 1) * line + (s.kernel.width - 1) * channels + kWidth;
  const std::size_t x_size = count * s.in.size(), y_size = count * s.out.size();
  // Where the last whole vectors begin.
  const float* const x_last = x_size < reach ? nullptr : x + (x_size - reach);
  const float* const y_last = y_size < kWidth ? nullptr : y + (y_size - kWidth);
  Mask lanes;
  for (std::size_t i = 0; i < kWidth; ++i) lanes[i] = static_cast<int>(i);
  for (std::size_t n = 0; n < count; ++n, x += s.in.size()) {
    for (int oh = 0; oh < s.out.height; ++oh) {
      for (int ow = 0; ow < s.out.width; ++ow, y += channels, winner += channels) {
        std::size_t at = oh * s.stride.height * line + ow * s.stride.width * channels, c = 0;
        for (; c < channels && x + at <= x_last && y + c <= y_last; c += kWidth, at += kWidth) {
          pool_vector(s, x, at, lanes, y + c, winner + c);
        }
        for (; c < channels; ++c, ++at) pool_value(s, x, at, y + c, winner + c);
      }
    }
  }
}

void adam(const AdamStep& step, std::size_t size, const float* __restrict gradient,
          float* __restrict weight, float* __restrict first, float* __restrict second) {
  const AdamStep s = step;  // no memory that a store could change
  for (std::size_t i = 0; i < size; ++i) {
    const float g = gradient[i] + s.decay * weight[i];
    first[i] = s.beta1 * first[i] + (1.0F - s.beta1) * g;
    second[i] = s.beta2 * second[i] + (1.0F - s.beta2) * g * g;
    weight[i] = s.shrink * weight[i] -
                s.rate * first[i] / (__builtin_sqrtf(s.second * second[i]) + s.epsilon);
  }
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
