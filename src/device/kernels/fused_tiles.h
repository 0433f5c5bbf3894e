// What one thread of a fused climb (fused_climb.h) computes of a layer: a few pixels times a few
// channels, kept in registers. Activations lie in shared memory, weights in global memory, where
// neighbouring threads read neighbouring values.
#pragma once

#include "device/kernels/convolution.h"
#include "device/kernels/elementwise.h"
#include "device/kernels/portable.h"

namespace signflip::device {

/// kWidth neighbours; four of them as one load, so `from` must be a multiple of four then.
template <int kWidth>
SIGNFLIP_HOST_DEVICE inline void load(const float* from, float* to) {
  if constexpr (kWidth == 4) {
    const Quad quad = *reinterpret_cast<const Quad*>(from);
    SIGNFLIP_UNROLL
    for (int i = 0; i < 4; ++i) to[i] = quad.v[i];
  } else {
    SIGNFLIP_UNROLL
    for (int i = 0; i < kWidth; ++i) to[i] = from[i];
  }
}

/// The neighbours from `at` on, or zeros where there is nothing to load from.
template <int kWidth>
SIGNFLIP_HOST_DEVICE inline void load_or_zero(const float* from, int at, float* to) {
  if (from != nullptr) {
    load<kWidth>(from + at, to);
    return;
  }
  SIGNFLIP_UNROLL
  for (int i = 0; i < kWidth; ++i) to[i] = 0;
}

/// The derivative of what follows a layer, from its value y.
enum class Activation { none, relu, sigmoid };
SIGNFLIP_HOST_DEVICE inline float through(Activation activation, float y, float gradient) {
  if (activation == Activation::relu) return y > 0 ? gradient : 0;
  return activation == Activation::sigmoid ? gradient * y * (1 - y) : gradient;
}

/// y at kPixels pixels × kWidth filters. kStep channels are read at once.
template <int kPixels, int kWidth, int kStep>
SIGNFLIP_HOST_DEVICE void conv_forward_tile(const ConvDims& d, int tile, const float* x,
                                            const float* weight, const float* bias, bool relu,
                                            float* y) {
  const int filters = d.out.channels, channels = d.in.channels, pixels = d.out_pixels();
  const int filter = tile % (filters / kWidth) * kWidth;
  const int first = tile / (filters / kWidth) * kPixels;
  float sums[kPixels][kWidth] = {};
  int row[kPixels], column[kPixels];
  SIGNFLIP_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    const int pixel = smaller(first + p, pixels - 1);
    row[p] = pixel / d.out.width * d.stride_height - d.padding_height;
    column[p] = pixel % d.out.width * d.stride_width - d.padding_width;
  }
  for (int kh = 0; kh < d.kernel_height; ++kh) {
    for (int kw = 0; kw < d.kernel_width; ++kw) {
      const float* from[kPixels];
      SIGNFLIP_UNROLL
      for (int p = 0; p < kPixels; ++p) {
        const int h = row[p] + kh, w = column[p] + kw;
        const bool inside = h >= 0 && h < d.in.height && w >= 0 && w < d.in.width;
        from[p] = inside ? x + (h * d.in.width + w) * channels : nullptr;
      }
      const float* taps = weight + (kh * d.kernel_width + kw) * channels * filters + filter;
      for (int c = 0; c < channels; c += kStep) {
        float values[kPixels][kStep];
        SIGNFLIP_UNROLL
        for (int p = 0; p < kPixels; ++p) load_or_zero<kStep>(from[p], c, values[p]);
        SIGNFLIP_UNROLL
        for (int i = 0; i < kStep; ++i, taps += filters) {
          float weights[kWidth];
          load<kWidth>(taps, weights);
          SIGNFLIP_UNROLL
          for (int p = 0; p < kPixels; ++p) {
            SIGNFLIP_UNROLL
            for (int f = 0; f < kWidth; ++f) sums[p][f] += values[p][i] * weights[f];
          }
        }
      }
    }
  }
  SIGNFLIP_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    if (first + p >= pixels) continue;
    SIGNFLIP_UNROLL
    for (int f = 0; f < kWidth; ++f) {
      const float value = sums[p][f] + bias[filter + f];
      y[(first + p) * filters + filter + f] = relu && !(value > 0) ? 0 : value;
    }
  }
}

/// How many tiles conv_backward_tile() cuts the input into: each within one phase of the stride.
SIGNFLIP_HOST_DEVICE inline int phase_pixels(const ConvDims& d, int h, int w) {
  const int rows = d.in.height > h ? divide_up(d.in.height - h, d.stride_height) : 0;
  const int columns = d.in.width > w ? divide_up(d.in.width - w, d.stride_width) : 0;
  return rows * columns;
}
template <int kPixels>
SIGNFLIP_HOST_DEVICE int backward_tiles(const ConvDims& d, int width) {
  int tiles = 0;
  for (int h = 0; h < d.stride_height; ++h) {
    for (int w = 0; w < d.stride_width; ++w) tiles += divide_up(phase_pixels(d, h, w), kPixels);
  }
  return tiles * (d.in.channels / width);
}

/// The gradient at kPixels input pixels × kWidth channels, through `activation`, in place of the
/// activations x. kStep filters are read at once.
template <int kPixels, int kWidth, int kStep>
SIGNFLIP_HOST_DEVICE void conv_backward_tile(const ConvDims& d, int tile, const float* dy,
                                             const float* weight, Activation activation, float* x) {
  const int filters = d.out.channels, channels = d.in.channels;
  const int channel = tile % (channels / kWidth) * kWidth;
  int group = tile / (channels / kWidth);
  int phase_h = 0, phase_w = 0;
  for (;;) {  // the phase that the tile lies in
    const int groups = divide_up(phase_pixels(d, phase_h, phase_w), kPixels);
    if (group < groups) break;
    group -= groups;
    if (++phase_w == d.stride_width) {
      phase_w = 0;
      ++phase_h;
    }
  }
  const int pixels = phase_pixels(d, phase_h, phase_w), first = group * kPixels;
  const int width = divide_up(d.in.width - phase_w, d.stride_width);
  const int first_kh = (phase_h + d.padding_height) % d.stride_height;
  const int first_kw = (phase_w + d.padding_width) % d.stride_width;
  float sums[kPixels][kWidth] = {};
  int at[kPixels], row[kPixels], column[kPixels];
  SIGNFLIP_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    const int pixel = smaller(first + p, pixels - 1);
    const int h = phase_h + pixel / width * d.stride_height;
    const int w = phase_w + pixel % width * d.stride_width;
    at[p] = (h * d.in.width + w) * channels + channel;
    row[p] = h + d.padding_height;
    column[p] = w + d.padding_width;
  }
  for (int kh = first_kh; kh < d.kernel_height; kh += d.stride_height) {
    for (int kw = first_kw; kw < d.kernel_width; kw += d.stride_width) {
      const float* from[kPixels];
      SIGNFLIP_UNROLL
      for (int p = 0; p < kPixels; ++p) {
        const int h = row[p] - kh, w = column[p] - kw;  // multiples of the stride
        const int oh = h / d.stride_height, ow = w / d.stride_width;
        const bool inside = h >= 0 && w >= 0 && oh < d.out.height && ow < d.out.width;
        from[p] = inside ? dy + (oh * d.out.width + ow) * filters : nullptr;
      }
      const float* const taps =
          weight + ((kh * d.kernel_width + kw) * channels + channel) * filters;
      for (int f = 0; f < filters; f += kStep) {
        float gradients[kPixels][kStep];
        SIGNFLIP_UNROLL
        for (int p = 0; p < kPixels; ++p) load_or_zero<kStep>(from[p], f, gradients[p]);
        SIGNFLIP_UNROLL
        for (int c = 0; c < kWidth; ++c) {
          float weights[kStep];
          load<kStep>(taps + c * filters + f, weights);
          SIGNFLIP_UNROLL
          for (int p = 0; p < kPixels; ++p) {
            SIGNFLIP_UNROLL
            for (int i = 0; i < kStep; ++i) sums[p][c] += gradients[p][i] * weights[i];
          }
        }
      }
    }
  }
  SIGNFLIP_UNROLL
  for (int p = 0; p < kPixels; ++p) {
    if (first + p >= pixels) continue;
    SIGNFLIP_UNROLL
    for (int c = 0; c < kWidth; ++c) {
      float& value = x[at[p] + c];
      value = through(activation, value, sums[p][c]);
    }
  }
}

/// Where the k-th input of a dense layer lies: behind a flatten, in an image of H·W pixels.
SIGNFLIP_HOST_DEVICE inline int flat_place(int k, int area, int channels) {
  return k % area * channels + k / area;
}

/// Σ over the share `part` of `parts` of the inputs, of kWidth units; inputs in the order in which
/// they lie in x.
template <int kWidth>
SIGNFLIP_HOST_DEVICE void dense_forward_part(int inputs, int units, int area, int unit, int part,
                                             int parts, const float* x, const float* weight,
                                             float* sums) {
  const int channels = inputs / area, share = divide_up(inputs, parts);
  const int begin = part * share, end = smaller(begin + share, inputs);
  int channel = begin % channels, pixel = begin / channels;
  SIGNFLIP_UNROLL
  for (int u = 0; u < kWidth; ++u) sums[u] = 0;
  for (int i = begin; i < end; ++i) {
    float weights[kWidth];
    load<kWidth>(weight + (channel * area + pixel) * units + unit, weights);
    SIGNFLIP_UNROLL
    for (int u = 0; u < kWidth; ++u) sums[u] += x[i] * weights[u];
    if (++channel == channels) {
      channel = 0;
      ++pixel;
    }
  }
}

/// The gradient at inputs k … k+kWidth−1, through `activation`, in place of x. `transposed`: units
/// × inputs.
template <int kWidth>
SIGNFLIP_HOST_DEVICE void dense_backward_tile(int inputs, int units, int area, int k,
                                              const float* dy, const float* transposed,
                                              Activation activation, float* x) {
  float sums[kWidth] = {};
  for (int u = 0; u < units; ++u) {
    float weights[kWidth];
    load<kWidth>(transposed + u * inputs + k, weights);
    SIGNFLIP_UNROLL
    for (int i = 0; i < kWidth; ++i) sums[i] += dy[u] * weights[i];
  }
  SIGNFLIP_UNROLL
  for (int i = 0; i < kWidth; ++i) {
    float& value = x[flat_place(k + i, area, inputs / area)];
    value = through(activation, value, sums[i]);
  }
}

}  // namespace signflip::device
