// Convolutions as products (product.h): forward, input gradient, weight gradient. A dense layer is
// a convolution of a 1×1 image with a 1×1 kernel, so it has no code of its own.
//
// x, y, dx, dy: N×H×W×C; weight: (kernel row, kernel column, channel) × filter. Where `relu` is
// set, y = max(0, …), and the gradients take dy only where y > 0.
#pragma once

#include "device/kernels/portable.h"

namespace signflip::device {

struct ConvDims {
  Dims in, out;
  int kernel_height = 1, kernel_width = 1;
  int stride_height = 1, stride_width = 1;
  int padding_height = 0, padding_width = 0;

  SIGNFLIP_HOST_DEVICE int patch() const { return kernel_height * kernel_width * in.channels; }
  SIGNFLIP_HOST_DEVICE int out_pixels() const { return out.height * out.width; }
};

/// How rows (output pixels) and patch indices fall apart.
struct ConvIndex {
  ConvDims d;
  Divider by_pixels, by_width, by_channels, by_kernel_width;

  ConvIndex() = default;
  explicit ConvIndex(const ConvDims& dims)
      : d(dims),
        by_pixels(dims.out_pixels()),
        by_width(dims.out.width),
        by_channels(dims.in.channels),
        by_kernel_width(dims.kernel_width) {}

  /// Where in x an output pixel's patch begins.
  struct Corner {
    int image, row, column;
  };
  SIGNFLIP_HOST_DEVICE Corner corner(int pixel) const {
    const int n = by_pixels.quotient(pixel), p = pixel - n * by_pixels.divisor();
    const int oh = by_width.quotient(p), ow = p - oh * d.out.width;
    return {n * d.in.size(), oh * d.stride_height - d.padding_height,
            ow * d.stride_width - d.padding_width};
  }
  struct Tap {
    int row, column, channel;
  };
  SIGNFLIP_HOST_DEVICE Tap tap(int index) const {
    const int position = by_channels.quotient(index);
    const int row = by_kernel_width.quotient(position);
    return {row, position - row * d.kernel_width, index - position * d.in.channels};
  }
  /// x at a tap of a patch; 0 in the padding.
  SIGNFLIP_HOST_DEVICE float read(const float* x, const Corner& corner, const Tap& tap) const {
    const int h = corner.row + tap.row, w = corner.column + tap.column;
    if (h < 0 || h >= d.in.height || w < 0 || w >= d.in.width) return 0;
    return x[corner.image + (h * d.in.width + w) * d.in.channels + tap.channel];
  }
};

/// y = bias + x ⋆ weight, of `count` images; a null bias is 0. Rows: output pixels; columns:
/// filters.
struct ConvForward {
  ConvIndex index;
  int count = 0;
  const float *x = nullptr, *weight = nullptr, *bias = nullptr;
  float* y = nullptr;
  bool relu = false;

  static constexpr bool kAAlongDepth = true, kBAlongDepth = false;
  using Row = ConvIndex::Corner;
  struct Depth {
    ConvIndex::Tap tap;
    int k;
  };

  SIGNFLIP_HOST_DEVICE int groups() const { return 1; }
  SIGNFLIP_HOST_DEVICE ConvForward at(int) const { return *this; }
  SIGNFLIP_HOST_DEVICE int rows() const { return count * index.d.out_pixels(); }
  SIGNFLIP_HOST_DEVICE int most_rows() const { return rows(); }
  SIGNFLIP_HOST_DEVICE int columns() const { return index.d.out.channels; }
  SIGNFLIP_HOST_DEVICE int depth() const { return index.d.patch(); }
  SIGNFLIP_HOST_DEVICE Row row(int r) const {
    // A row past the end reads padding.
    return r < rows() ? index.corner(r) : Row{0, -(1 << 20), 0};
  }
  SIGNFLIP_HOST_DEVICE Depth at_depth(int k) const { return {index.tap(k), k}; }
  SIGNFLIP_HOST_DEVICE float a(const Row& row, const Depth& depth) const {
    return index.read(x, row, depth.tap);
  }
  SIGNFLIP_HOST_DEVICE float b(const Depth& depth, int column) const {
    return weight[depth.k * columns() + column];
  }
  SIGNFLIP_HOST_DEVICE void store(int row, int column, float sum) const {
    const float value = bias != nullptr ? sum + bias[column] : sum;
    y[static_cast<std::int64_t>(row) * columns() + column] = relu && !(value > 0) ? 0 : value;
  }
};

/// dweight = xᵀ ⋆ dy and, as one row more, dbias = Σ dy, both overwritten. Rows: patch indices;
/// columns: filters; depth: output pixels of all images.
struct ConvWeightGradient {
  ConvIndex index;
  int count = 0;
  const float *x = nullptr, *y = nullptr, *dy = nullptr;  ///< y is read where relu
  float* dweight = nullptr;                               ///< dbias follows it
  bool relu = false;

  static constexpr bool kAAlongDepth = false, kBAlongDepth = false;
  struct Row {
    ConvIndex::Tap tap;
    bool bias, outside;
  };
  struct Depth {
    ConvIndex::Corner corner;
    int pixel;
  };

  SIGNFLIP_HOST_DEVICE int groups() const { return 1; }
  SIGNFLIP_HOST_DEVICE ConvWeightGradient at(int) const { return *this; }
  SIGNFLIP_HOST_DEVICE int rows() const { return index.d.patch() + 1; }
  SIGNFLIP_HOST_DEVICE int most_rows() const { return rows(); }
  SIGNFLIP_HOST_DEVICE int columns() const { return index.d.out.channels; }
  SIGNFLIP_HOST_DEVICE int depth() const { return count * index.d.out_pixels(); }
  SIGNFLIP_HOST_DEVICE Row row(int r) const {
    const int patch = index.d.patch();
    return {index.tap(smaller(r, patch - 1)), r == patch, r > patch};
  }
  SIGNFLIP_HOST_DEVICE Depth at_depth(int k) const { return {index.corner(k), k}; }
  SIGNFLIP_HOST_DEVICE float a(const Row& row, const Depth& depth) const {
    if (row.bias || row.outside) return row.bias ? 1.0F : 0.0F;
    return index.read(x, depth.corner, row.tap);
  }
  SIGNFLIP_HOST_DEVICE float b(const Depth& depth, int column) const {
    const std::int64_t at = static_cast<std::int64_t>(depth.pixel) * columns() + column;
    return relu && !(y[at] > 0) ? 0 : dy[at];
  }
  SIGNFLIP_HOST_DEVICE void store(int row, int column, float sum) const {
    dweight[static_cast<std::int64_t>(row) * columns() + column] = sum;
  }
};

/// dx = Σ over the taps that reach a pixel of dy·weightᵀ. With strides, only pixels whose
/// coordinates agree modulo the stride are reached by the same taps: each such phase is a group, so
/// that no product with a zero is computed. Rows: the phase's pixels; columns: channels; depth: the
/// phase's taps × filters.
struct ConvInputGradient {
  static constexpr int kMostPhases = 16;

  /// One axis of a phase: input coordinate = first + stride·i; i is reached by the output
  /// coordinates i + offset − a through the taps tap + stride·a, 0 ≤ a < taps.
  struct Axis {
    int first = 0, stride = 1, size = 0, offset = 0, tap = 0, taps = 0;

    Axis() = default;
    Axis(int phase, int stride_, int padding, int kernel, int length)
        : first(phase),
          stride(stride_),
          size(length > phase ? divide_up(length - phase, stride_) : 0) {
      tap = (phase + padding) % stride;
      offset = (phase + padding - tap) / stride;
      taps = tap < kernel ? divide_up(kernel - tap, stride) : 0;
    }
  };
  struct Phase {
    Axis vertical, horizontal;
    Divider by_pixels, by_width, by_filters, by_taps;
    int pixels = 0, depth = 0;
  };

  ConvDims d;
  int count = 0;
  const float *y = nullptr, *dy = nullptr, *weight = nullptr;
  float* dx = nullptr;
  bool relu = false;
  int phases = 0;
  Phase phase[kMostPhases];

  ConvInputGradient() = default;
  explicit ConvInputGradient(const ConvDims& dims) : d(dims) {
    for (int h = 0; h < d.stride_height; ++h) {
      for (int w = 0; w < d.stride_width; ++w) {
        Phase& p = phase[phases++];
        p.vertical = Axis(h, d.stride_height, d.padding_height, d.kernel_height, d.in.height);
        p.horizontal = Axis(w, d.stride_width, d.padding_width, d.kernel_width, d.in.width);
        p.pixels = p.vertical.size * p.horizontal.size;
        p.depth = p.vertical.taps * p.horizontal.taps * d.out.channels;
        p.by_pixels = Divider(larger(p.pixels, 1));
        p.by_width = Divider(larger(p.horizontal.size, 1));
        p.by_filters = Divider(d.out.channels);
        p.by_taps = Divider(larger(p.horizontal.taps, 1));
      }
    }
  }
  static bool fits(const ConvDims& dims) {
    return dims.stride_height * dims.stride_width <= kMostPhases;
  }

  struct Part {
    static constexpr bool kAAlongDepth = true, kBAlongDepth = true;
    ConvDims d;
    Phase phase;
    int count;
    const float *y, *dy, *weight;
    float* dx;
    bool relu;

    struct Row {
      int image, row, column;  // in dy, before the tap's shift
    };
    struct Depth {
      int up, left, filter, weight;  // weight: offset of channel 0
    };

    SIGNFLIP_HOST_DEVICE int rows() const { return count * phase.pixels; }
    SIGNFLIP_HOST_DEVICE int columns() const { return d.in.channels; }
    SIGNFLIP_HOST_DEVICE int depth() const { return phase.depth; }
    SIGNFLIP_HOST_DEVICE Row row(int r) const {
      if (r >= rows()) return {0, -(1 << 20), 0};
      const int n = phase.by_pixels.quotient(r), p = r - n * phase.pixels;
      const int i = phase.by_width.quotient(p), j = p - i * phase.horizontal.size;
      return {n * d.out.size(), i + phase.vertical.offset, j + phase.horizontal.offset};
    }
    SIGNFLIP_HOST_DEVICE Depth at_depth(int k) const {
      const int taps = phase.by_filters.quotient(k);
      const int up = phase.by_taps.quotient(taps), left = taps - up * phase.horizontal.taps;
      const int kh = phase.vertical.tap + phase.vertical.stride * up;
      const int kw = phase.horizontal.tap + phase.horizontal.stride * left;
      const int filter = k - taps * d.out.channels;
      return {up, left, filter,
              (kh * d.kernel_width + kw) * d.in.channels * d.out.channels + filter};
    }
    SIGNFLIP_HOST_DEVICE float a(const Row& row, const Depth& depth) const {
      const int h = row.row - depth.up, w = row.column - depth.left;
      if (h < 0 || h >= d.out.height || w < 0 || w >= d.out.width) return 0;
      const int at = row.image + (h * d.out.width + w) * d.out.channels + depth.filter;
      return relu && !(y[at] > 0) ? 0 : dy[at];
    }
    SIGNFLIP_HOST_DEVICE float b(const Depth& depth, int channel) const {
      return weight[depth.weight + channel * d.out.channels];
    }
    SIGNFLIP_HOST_DEVICE void store(int r, int channel, float sum) const {
      const int n = phase.by_pixels.quotient(r), p = r - n * phase.pixels;
      const int i = phase.by_width.quotient(p), j = p - i * phase.horizontal.size;
      const int h = phase.vertical.first + phase.vertical.stride * i;
      const int w = phase.horizontal.first + phase.horizontal.stride * j;
      dx[n * d.in.size() + (h * d.in.width + w) * d.in.channels + channel] = sum;
    }
  };

  SIGNFLIP_HOST_DEVICE int groups() const { return phases; }
  SIGNFLIP_HOST_DEVICE Part at(int group) const {
    return {d, phase[group], count, y, dy, weight, dx, relu};
  }
  SIGNFLIP_HOST_DEVICE int most_rows() const { return count * phase[0].pixels; }
};

/// The same, one value of dx per call: for inputs of few channels, of which a tile would waste most
/// of its columns, and for strides with too many phases.
struct ConvInputGradientDirect {
  ConvDims d;
  const float *y, *dy, *weight;
  float* dx;
  bool relu;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int per_image = d.in.size(), filters = d.out.channels;
    const std::int64_t n = i / per_image;
    const int at = static_cast<int>(i % per_image);
    const int c = at % d.in.channels, pixel = at / d.in.channels;
    const int h = pixel / d.in.width + d.padding_height, w = pixel % d.in.width + d.padding_width;
    const std::int64_t image = n * d.out.size();
    float sum = 0;
    for (int kh = h % d.stride_height; kh < d.kernel_height; kh += d.stride_height) {
      const int oh = (h - kh) / d.stride_height;
      if (kh > h || oh >= d.out.height) continue;
      for (int kw = w % d.stride_width; kw < d.kernel_width; kw += d.stride_width) {
        const int ow = (w - kw) / d.stride_width;
        if (kw > w || ow >= d.out.width) continue;
        const std::int64_t from = image + (oh * d.out.width + ow) * filters;
        const float* const taps =
            weight + ((kh * d.kernel_width + kw) * d.in.channels + c) * filters;
        for (int f = 0; f < filters; ++f) {
          if (!relu || y[from + f] > 0) sum += dy[from + f] * taps[f];
        }
      }
    }
    dx[i] = sum;
  }
};

}  // namespace signflip::device
