// The plain definition of every operation but matrix products (plain_products.h), as loops that a
// reader can check against the formula. Templates, so that tests differentiate them numerically in
// double precision. The fast kernels of cpu/ must agree with these; operations that are not worth a
// fast kernel (the way back through a pool, batch norm, sigmoid …) run these functions in float.
//
// x, y: input and output N×H×W×C; dx, dy: gradients of the loss with respect to them. Input
// gradients overwrite dx; weight gradients add to dweight and dbias.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "backend/shapes.h"

namespace signflip::plain {

/// winner[i] is the index in x's image of the largest value in window i. Of equal values the first
/// in row-major order wins, so that the gradient has one well-defined destination.
template <class T>
void maxpool_forward(const PoolShape& s, std::size_t count, const T* x, T* y,
                     std::int32_t* winner) {
  const int channels = s.in.channels;
  for (std::size_t n = 0; n < count; ++n, x += s.in.size()) {
    for (int oh = 0; oh < s.out.height; ++oh) {
      for (int ow = 0; ow < s.out.width; ++ow, y += channels, winner += channels) {
        const int corner = (oh * s.stride.height * s.in.width + ow * s.stride.width) * channels;
        for (int c = 0; c < channels; ++c) {
          y[c] = x[corner + c];
          winner[c] = corner + c;
        }
        for (int tap = 1; tap < s.kernel.height * s.kernel.width; ++tap) {
          const int from =
              corner + ((tap / s.kernel.width) * s.in.width + tap % s.kernel.width) * channels;
          for (int c = 0; c < channels; ++c) {
            const bool larger = x[from + c] > y[c];
            winner[c] = larger ? from + c : winner[c];
            y[c] = larger ? x[from + c] : y[c];
          }
        }
      }
    }
  }
}

template <class T>
void maxpool_input_gradient(const PoolShape& s, std::size_t count, const T* dy,
                            const std::int32_t* winner, T* dx) {
  for (std::size_t n = 0; n < count; ++n, dx += s.in.size()) {
    for (std::size_t i = 0; i < s.in.size(); ++i) dx[i] = 0;
    for (std::size_t i = 0; i < s.out.size(); ++i) dx[*winner++] += *dy++;
  }
}

/// max(0, x); x and y may be the same memory.
template <class T>
void relu_forward(std::size_t size, const T* x, T* y) {
  for (std::size_t i = 0; i < size; ++i) y[i] = x[i] > 0 ? x[i] : 0;
}

/// Takes the output y, which is positive exactly where the input was; the gradient at 0 is 0.
template <class T>
void relu_input_gradient(std::size_t size, const T* y, const T* dy, T* dx) {
  for (std::size_t i = 0; i < size; ++i) dx[i] = y[i] > 0 ? dy[i] : 0;
}

template <class T>
void sigmoid_forward(std::size_t size, const T* x, T* y) {
  for (std::size_t i = 0; i < size; ++i) y[i] = 1 / (1 + std::exp(-x[i]));
}

template <class T>
void sigmoid_input_gradient(std::size_t size, const T* y, const T* dy, T* dx) {
  for (std::size_t i = 0; i < size; ++i) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

/// y = x·mask, where mask holds 0 or 1/(1−rate) (inverted dropout; Srivastava et al. 2014). Its
/// input gradient is the same function of dy.
template <class T>
void dropout(std::size_t size, const T* x, const T* mask, T* y) {
  for (std::size_t i = 0; i < size; ++i) y[i] = x[i] * mask[i];
}

/// Nearest-neighbour upsampling by whole factors. `in` is the shape of x.
template <class T>
void upsample2d_forward(ImageShape in, Size2 scale, std::size_t count, const T* x, T* y) {
  const int height = in.height * scale.height, width = in.width * scale.width;
  for (std::size_t n = 0; n < count; ++n, x += in.size()) {
    for (int h = 0; h < height; ++h) {
      for (int w = 0; w < width; ++w) {
        const T* from = x + ((h / scale.height) * in.width + w / scale.width) * in.channels;
        for (int c = 0; c < in.channels; ++c) *y++ = from[c];
      }
    }
  }
}

template <class T>
void upsample2d_input_gradient(ImageShape in, Size2 scale, std::size_t count, const T* dy, T* dx) {
  const int height = in.height * scale.height, width = in.width * scale.width;
  for (std::size_t n = 0; n < count; ++n, dx += in.size()) {
    for (std::size_t i = 0; i < in.size(); ++i) dx[i] = 0;
    for (int h = 0; h < height; ++h) {
      for (int w = 0; w < width; ++w) {
        T* to = dx + ((h / scale.height) * in.width + w / scale.width) * in.channels;
        for (int c = 0; c < in.channels; ++c) to[c] += *dy++;
      }
    }
  }
}

/// H×W×C → C×H×W within each image: PyTorch's order of a flattened image.
template <class T>
void flatten_forward(ImageShape in, std::size_t count, const T* x, T* y) {
  const int area = in.height * in.width;
  for (std::size_t n = 0; n < count; ++n, x += in.size()) {
    for (int c = 0; c < in.channels; ++c) {
      const T* from = x + c;
#pragma GCC unroll 4
      for (int i = 0; i < area; ++i, from += in.channels) *y++ = *from;
    }
  }
}

template <class T>
void flatten_input_gradient(ImageShape in, std::size_t count, const T* dy, T* dx) {
  const int area = in.height * in.width;
  for (std::size_t n = 0; n < count; ++n, dx += in.size()) {
    for (int c = 0; c < in.channels; ++c) {
      T* to = dx + c;
#pragma GCC unroll 4
      for (int i = 0; i < area; ++i, to += in.channels) *to = *dy++;
    }
  }
}

/// y = x·scale + shift for each channel: batch normalisation at inference, and input
/// normalisation. x and y may be the same memory. `pixels` counts N·H·W.
template <class T>
void channel_affine(std::size_t pixels, std::size_t channels, const T* x, const T* scale,
                    const T* shift, T* y) {
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c, ++x, ++y) *y = *x * scale[c] + shift[c];
  }
}

/// dx = dy·scale.
template <class T>
void channel_scale(std::size_t pixels, std::size_t channels, const T* dy, const T* scale, T* dx) {
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c, ++dy, ++dx) *dx = *dy * scale[c];
  }
}

/// Batch normalisation with the statistics of this batch (Ioffe and Szegedy 2015):
/// y = weight·(x−mean)/√(variance+epsilon) + bias. Writes the mean, the biased variance and
/// 1/√(variance+epsilon) of each channel for the gradients and the running statistics.
template <class T>
void batchnorm_train_forward(std::size_t pixels, std::size_t channels, const T* x, const T* weight,
                             const T* bias, T epsilon, T* y, T* mean, T* variance,
                             T* inverse_deviation) {
  const T share = T(1) / static_cast<T>(pixels);
  for (std::size_t c = 0; c < channels; ++c) mean[c] = variance[c] = 0;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c) mean[c] += x[i * channels + c];
  }
  for (std::size_t c = 0; c < channels; ++c) mean[c] *= share;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c) {
      const T d = x[i * channels + c] - mean[c];
      variance[c] += d * d;
    }
  }
  for (std::size_t c = 0; c < channels; ++c) {
    variance[c] *= share;
    inverse_deviation[c] = 1 / std::sqrt(variance[c] + epsilon);
  }
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t at = i * channels + c;
      y[at] = (x[at] - mean[c]) * inverse_deviation[c] * weight[c] + bias[c];
    }
  }
}

/// dweight += Σ dy·x̂ and dbias += Σ dy, where x̂ = (x−mean)·inverse_deviation.
template <class T>
void batchnorm_train_weight_gradient(std::size_t pixels, std::size_t channels, const T* x,
                                     const T* dy, const T* mean, const T* inverse_deviation,
                                     T* dweight, T* dbias) {
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t at = i * channels + c;
      dweight[c] += dy[at] * (x[at] - mean[c]) * inverse_deviation[c];
      dbias[c] += dy[at];
    }
  }
}

/// dx = weight·inverse_deviation·(dy − mean(dy) − x̂·mean(dy·x̂)). `sums` is scratch for
/// 2·channels values. dy and dx may be the same memory.
template <class T>
void batchnorm_train_input_gradient(std::size_t pixels, std::size_t channels, const T* x,
                                    const T* dy, const T* weight, const T* mean,
                                    const T* inverse_deviation, T* dx, T* sums) {
  T* const dot = sums;
  T* const sum = sums + channels;
  for (std::size_t c = 0; c < channels; ++c) dot[c] = sum[c] = 0;
  batchnorm_train_weight_gradient(pixels, channels, x, dy, mean, inverse_deviation, dot, sum);
  const T share = T(1) / static_cast<T>(pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t at = i * channels + c;
      const T normalised = (x[at] - mean[c]) * inverse_deviation[c];
      dx[at] = weight[c] * inverse_deviation[c] * (dy[at] - share * (sum[c] + normalised * dot[c]));
    }
  }
}

}  // namespace signflip::plain
