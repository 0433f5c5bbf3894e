// Convolutions on top of gemm.h, the small kernels, and the two tables of ops.h. Included once by
// each kernels_<instruction set>.cpp; see there and gemm.h for the rules.
#pragma once

#include "backend/cpu/cell_gradient.h"
#include "backend/cpu/dense.h"
#include "backend/cpu/gemm.h"
#include "backend/cpu/planar.h"
#include "backend/cpu/pooled.h"
#include "backend/cpu/transposed.h"
#include "backend/cpu/winograd.h"
#include "backend/ops.h"

namespace {

using signflip::AdamStep;
using signflip::Conv2dShape;
using signflip::PoolShape;
using signflip::RowRange;

/// Floats of an image with its border, and a vector that may overshoot.
std::size_t padded_size(const Conv2dShape& s) {
  return s.padded_height() * static_cast<std::size_t>(s.padded_width()) * s.in.channels + kWidth;
}

/// Copies one image into `padded` with a border of zeros.
void copy_padded(const Conv2dShape& s, const float* x, float* padded) {
  const std::size_t channels = s.in.channels;
  const std::size_t side = s.padding.width * channels;
  const std::size_t line = s.in.width * channels;
  const std::size_t width = line + 2 * side;
  clear(s.padded_height() * width, padded);
  float* to = padded + s.padding.height * width + side;
  for (int h = 0; h < s.in.height; ++h, x += line, to += width) copy_part(x, line, to);
}

/// The image with its border, in `padded`; x itself where there is no border.
const float* pad_image(const Conv2dShape& s, const float* x, float* padded) {
  if (s.padding.height == 0 && s.padding.width == 0) return x;
  copy_padded(s, x, padded);
  return padded;
}

/// The patches of a padded image, one row for each output pixel.
Rows patches(const Conv2dShape& s, const float* padded) {
  const std::size_t channels = s.in.channels;
  const std::size_t line = s.padded_width() * channels;
  const std::size_t outputs = static_cast<std::size_t>(s.out.height) * s.out.width;
  return {padded,
          outputs,
          static_cast<std::size_t>(s.kernel.height),
          s.kernel.width * channels,
          line,
          static_cast<std::size_t>(s.out.width),
          s.stride.width * channels,
          s.stride.height * line};
}

// A convolution's weights are packed as panels and as rows for sparse.h or cell_gradient.h and for
// sparse_forward.h, which can read rows of whole blocks in the matrix itself; forward ones also
// transformed, where winograd.h is worth it.

/// Where the forms of the forward weights begin.
struct ForwardPacking {
  std::size_t rows, transformed;
};

SIGNFLIP_APART ForwardPacking forward_packing(const Conv2dShape& s) {
  const std::size_t rows = packed_size(s.patch(), s.out.channels);
  return {rows, rows + filters_size(s)};
}

std::size_t conv2d_packed_size(const Conv2dShape& s) {
  return forward_packing(s).transformed + (suits_winograd(s) ? winograd_packed_size(s) : 0);
}

void conv2d_pack(const Conv2dShape& s, const float* matrix, float* packed) {
  const ForwardPacking parts = forward_packing(s);
  pack(matrix, s.patch(), s.out.channels, 0, s.patch(), packed);
  if (filters_size(s) > 0) pack_filters(s, matrix, packed + parts.rows);
  if (suits_winograd(s)) pack_winograd(s, matrix, packed + parts.transformed);
}

/// Whether the backward weights are packed as panels, too.
inline bool has_panels(const Conv2dShape& s) { return kWidth > 4 && !s.pooled; }

/// The same of the backward weights. There are no panels behind a pool, where there is always more
/// to skip than to multiply, nor for narrow vectors, where that is so behind ReLU.
struct BackwardPacking {
  std::size_t rows, windows, size;
};

SIGNFLIP_APART BackwardPacking backward_packing(const Conv2dShape& s) {
  BackwardPacking parts;
  parts.rows = has_panels(s) ? packed_size(s.out.channels, s.patch()) : 0;
  parts.windows = parts.rows + backward_rows_size(s);
  parts.size = parts.windows + (s.pooled ? window_rows_size(s) : 0);
  return parts;
}

std::size_t conv2d_packed_transposed_size(const Conv2dShape& s) { return backward_packing(s).size; }

void conv2d_pack_transposed(const Conv2dShape& s, const float* matrix, float* packed) {
  const BackwardPacking parts = backward_packing(s);
  if (has_panels(s)) pack_transposed(matrix, s.patch(), s.out.channels, 0, s.patch(), packed);
  pack_backward_rows(s, matrix, packed + parts.rows);
  if (parts.size > parts.windows) pack_window_rows(s, matrix, packed + parts.windows);
}

float conv2d_rounding(const Conv2dShape& s) {
  return suits_winograd(s) ? winograd_rounding(s) : 0.0F;
}

std::size_t conv2d_scratch(const Conv2dShape& s) {
  std::size_t most = forward_list_size(s);
  const auto grow = [&](std::size_t size) { most = size > most ? size : most; };
  grow(padded_size(s) + s.out.width * s.patch() + sparse_scratch_size(s));
  if (gathers(s)) grow(padded_size(s) + forward_list_size(cell_lines(s)));
  if (suits_winograd(s)) grow(winograd_scratch(s).size());
  if (suits_planar(s)) grow(planar_scratch(s).size);
  return most;
}

void conv2d_forward(const Conv2dShape& s, std::size_t count, const float* x, const float* matrix,
                    const float* packed, const float* bias, float* y, float* scratch) {
  const std::size_t filters = s.out.channels;
  const ForwardPacking parts = forward_packing(s);
  const bool transforms = suits_winograd(s), planar = !transforms && suits_planar(s);
  const std::size_t cost = transforms ? winograd_cost(s) : planar ? planar_cost(s) : dense_cost(s);
  for (std::size_t n = 0; n < count; ++n, x += s.in.size(), y += s.out.size()) {
    if constexpr (kSkipsInputs) {
      if (worth_skipping_inputs(s, count_nonzero(s.in.size(), x), cost)) {
        forward_alive(s, x, filters_size(s) > 0 ? packed + parts.rows : matrix, bias, y, scratch);
        continue;
      }
    }
    if (transforms) {
      winograd(s, x, packed + parts.transformed, bias, y, scratch);
      continue;
    }
    if (planar) {
      forward_planar(s, x, packed, bias, y, scratch);
      continue;
    }
    multiply(patches(s, pad_image(s, x, scratch)), packed, bias, filters, y, filters);
  }
}

/// to[0 … size) += from. Short runs are what convolutions of few channels are made of.
inline void add_run(const float* from, std::size_t size, float* to) {
  typedef float Quad __attribute__((vector_size(16), aligned(4), may_alias));
  std::size_t i = 0;
  for (; i + kWidth <= size; i += kWidth) store(to + i, load(to + i) + load(from + i));
  for (; i + 4 <= size; i += 4) {
    *reinterpret_cast<Quad*>(to + i) += *reinterpret_cast<const Quad*>(from + i);
  }
  for (; i < size; ++i) to[i] += from[i];
}

/// For each line of output pixels: dy·weightᵀ gives the gradients of its patches, which are then
/// added to where the patches came from.
[[maybe_unused]] SIGNFLIP_APART void scatter_patches(const Conv2dShape& s, const float* dy,
                                                     const float* packed_transposed, float* padded,
                                                     float* columns) {
  const std::size_t channels = s.in.channels, filters = s.out.channels;
  const std::size_t line = s.padded_width() * channels;
  const std::size_t run = s.kernel.width * channels;
  for (int oh = 0; oh < s.out.height; ++oh, dy += s.out.width * filters) {
    multiply(plain_rows(dy, s.out.width, filters), packed_transposed, nullptr, s.patch(), columns,
             s.patch());
    const float* from = columns;
    for (int ow = 0; ow < s.out.width; ++ow) {
      float* corner = padded + oh * s.stride.height * line + ow * s.stride.width * channels;
      for (int kh = 0; kh < s.kernel.height; ++kh, corner += line, from += run) {
        add_run(from, run, corner);
      }
    }
  }
}

/// The image without its border.
SIGNFLIP_APART void copy_inside(const Conv2dShape& s, const float* padded, float* dx) {
  const std::size_t channels = s.in.channels;
  const std::size_t line = s.padded_width() * channels;
  for (int h = 0; h < s.in.height; ++h) {
    copy_part(padded + (h + s.padding.height) * line + s.padding.width * channels,
              s.in.width * channels, dx + h * s.in.width * channels);
  }
}

void conv2d_input_gradient(const Conv2dShape& s, std::size_t count, const float* dy,
                           const float* packed_transposed, float* dx, float* scratch) {
  const std::size_t padded_floats = padded_size(s);
  float* const padded = scratch;
  float* const columns = padded + padded_floats;
  const SparseScratch lists = sparse_scratch(s, columns + s.out.width * s.patch());
  const BackwardPacking parts = backward_packing(s);
  for (std::size_t n = 0; n < count; ++n, dx += s.in.size(), dy += s.out.size()) {
    if (gathers(s)) {
      gather_gradient(s, dy, packed_transposed + parts.rows, padded, columns);
      copy_inside(s, padded, dx);
      continue;
    }
    clear(padded_floats, padded);
    if (adds_all(s)) {
      scatter_all(s, dy, packed_transposed + parts.rows, padded);
    } else if (const std::size_t alive = list_alive(s, dy, lists);
               !has_panels(s) || worth_skipping(s, alive)) {
      scatter_alive(s, pixel_cells(s), patch_runs(s), lists, packed_transposed + parts.rows,
                    padded);
    } else if constexpr (kWidth > 4) {
      scatter_patches(s, dy, packed_transposed, padded, columns);
    }
    copy_inside(s, padded, dx);
  }
}

void conv2d_pooled_input_gradient(const Conv2dShape& s, std::size_t count,
                                  const PooledGradient& pooled, const float* packed_transposed,
                                  float* dx, float* scratch) {
  const std::size_t padded_floats = padded_size(s), size = pooled_size(s);
  const SparseScratch lists = sparse_scratch(s, scratch + padded_floats);
  const BackwardPacking parts = backward_packing(s);
  for (std::size_t n = 0; n < count; ++n, dx += s.in.size()) {
    const PooledGradient image = {pooled.dy + n * size, pooled.winner + n * size,
                                  pooled.y == nullptr ? nullptr : pooled.y + n * size};
    clear(padded_floats, scratch);
    scatter_pooled(s, image, packed_transposed + parts.rows, packed_transposed + parts.windows,
                   lists, scratch);
    copy_inside(s, scratch, dx);
  }
}

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

// --- training ---

void conv2d_weight_gradient(const Conv2dShape& s, std::size_t count, const float* x,
                            const float* dy, float* dweight, float* dbias, float* scratch,
                            float* dy_packed) {
  const std::size_t outputs = static_cast<std::size_t>(s.out.height) * s.out.width;
  const std::size_t filters = s.out.channels;
  const std::size_t padded_floats = padded_size(s);
  float* const padded = scratch;
  for (std::size_t i = padded_floats - kWidth; i < padded_floats; ++i) padded[i] = 0.0F;
  const SparseScratch lists = sparse_scratch(s, padded + padded_floats);
  bool gathered = false;
  for (std::size_t n = 0; n < count; ++n, x += s.in.size(), dy += s.out.size()) {
    copy_padded(s, x, padded);
    if (worth_gathering(s, list_by_filter(s, dy, lists, dbias))) {
      const Runs runs = patch_runs(s);
      const std::size_t size = filters * runs.count * runs.padded();
      for (std::size_t i = 0; !gathered && i < size; ++i) lists.rows[i] = 0.0F;
      gathered = true;
      gather_alive(s, lists, padded);
    } else {
      pack(dy, outputs, filters, 0, outputs, dy_packed);
      multiply_transposed(patches(s, padded), dy_packed, filters, dweight);
    }
  }
  if (gathered) add_rows(s, lists.rows, dweight);
}

void dense_gradient_pack(const DenseShape& s, std::size_t count, const float* dy, float* dbias,
                         float* dy_packed) {
  const std::size_t outputs = s.outputs;
  pack(dy, count, outputs, 0, count, dy_packed);
  for (std::size_t n = 0; n < count; ++n, dy += outputs) {
    for (std::size_t c = 0; c < outputs; ++c) dbias[c] += dy[c];
  }
}

void dense_weight_gradient(const DenseShape& s, std::size_t count, RowRange rows, const float* x,
                           const float* dy_packed, float* dweight) {
  const std::size_t inputs = s.inputs;
  const Rows some_columns = {x + rows.begin, count, 1, rows.size(), 0, count, inputs, 0};
  multiply_transposed(some_columns, dy_packed, s.outputs, dweight);
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

constexpr signflip::Ops make_ops(const char* name) {
  return {name,
          dense_packed_size,
          dense_packed_transposed_size,
          dense_pack,
          dense_pack_transposed,
          conv2d_packed_size,
          conv2d_pack,
          conv2d_packed_transposed_size,
          conv2d_pack_transposed,
          conv2d_rounding,
          conv2d_scratch,
          conv2d_forward,
          conv2d_input_gradient,
          conv2d_pooled_input_gradient,
          dense_forward,
          dense_input_gradient,
          relu_forward,
          relu_input_gradient,
          maxpool_forward};
}

constexpr signflip::TrainingOps make_training_ops() {
  return {packed_size, conv2d_weight_gradient, dense_gradient_pack, dense_weight_gradient, adam};
}

}  // namespace
