// Convolutions on top of gemm-inl.h and conv/, and the two tables of ops.h.
#pragma once

#include "backend/cpu/conv/choose-inl.h"
#include "backend/cpu/elementwise-inl.h"
#include "backend/cpu/tables.h"
#include "backend/cpu/transposed-inl.h"
#include "backend/ops.h"

#define SIGNFLIP_TEXT_OF(name) #name
#define SIGNFLIP_TEXT(name) SIGNFLIP_TEXT_OF(name)

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

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

void conv2d_pack(const ConvPlan& plan, const float* matrix, float* packed) {
  const Conv2dShape& s = plan.shape;
  const ForwardPacking parts = forward_packing(s);
  pack(matrix, s.patch(), s.out.channels, 0, s.patch(), packed);
  if (filters_size(s) > 0) pack_filters(s, matrix, packed + parts.rows);
  if (suits_winograd(s)) pack_winograd(s, matrix, packed + parts.transformed);
}

void conv2d_pack_transposed(const ConvPlan& plan, const float* matrix, float* packed) {
  const Conv2dShape& s = plan.shape;
  const BackwardPacking parts = backward_packing(plan);
  if (has_panels(plan)) pack_transposed(matrix, s.patch(), s.out.channels, 0, s.patch(), packed);
  if (plan.backward == ConvBackward::cells) {
    pack_cell_rows(s, matrix, packed + parts.rows);
  } else {
    pack_rows(s, matrix, packed + parts.rows);
  }
  if (parts.size > parts.windows) pack_window_rows(s, matrix, packed + parts.windows);
}

void conv2d_forward(const PreparedConv& conv, std::size_t count, const float* x, const float* bias,
                    float* y, float* scratch) {
  const ConvPlan& plan = conv.plan;
  const Conv2dShape& s = plan.shape;
  const std::size_t filters = s.out.channels;
  const ForwardPacking parts = forward_packing(s);
  const float* const packed = conv.packed;
  for (std::size_t n = 0; n < count; ++n, x += s.in.size(), y += s.out.size()) {
    if constexpr (kSkipsInputs) {
      if (static_cast<std::ptrdiff_t>(count_nonzero(s.in.size(), x)) <= plan.skip_inputs) {
        forward_alive(s, x, filters_size(s) > 0 ? packed + parts.rows : conv.matrix, bias, y,
                      scratch);
        continue;
      }
    }
    switch (plan.forward) {
      case ConvForward::winograd:
        winograd(s, x, packed + parts.transformed, bias, y, scratch);
        break;
      case ConvForward::planar:
        forward_planar(s, x, packed, bias, y, scratch);
        break;
      case ConvForward::panels:
        multiply(patches(s, pad_image(s, x, scratch)), packed, bias, filters, y, filters);
        break;
    }
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

void conv2d_input_gradient(const PreparedConv& conv, std::size_t count, const float* dy, float* dx,
                           float* scratch) {
  const ConvPlan& plan = conv.plan;
  const Conv2dShape& s = plan.shape;
  const std::size_t padded_floats = padded_size(s);
  float* const padded = scratch;
  float* const columns = padded + padded_floats;
  const SparseScratch lists = sparse_scratch(s, columns + s.out.width * s.patch());
  const float* const rows = conv.packed_transposed + backward_packing(plan).rows;
  for (std::size_t n = 0; n < count; ++n, dx += s.in.size(), dy += s.out.size()) {
    if (plan.backward == ConvBackward::cells) {
      gather_gradient(s, dy, rows, padded, columns);
      copy_inside(s, padded, dx);
      continue;
    }
    clear(padded_floats, padded);
    if (plan.backward == ConvBackward::all) {
      scatter_all(s, dy, rows, padded);
    } else if (const std::size_t alive = list_alive(s, dy, lists);
               plan.backward == ConvBackward::alive ||
               static_cast<std::ptrdiff_t>(alive) <= plan.skip_gradients) {
      scatter_alive(s, pixel_cells(s), patch_runs(s), lists, rows, padded);
    } else if constexpr (kWidth > 4) {
      scatter_patches(s, dy, conv.packed_transposed, padded, columns);
    }
    copy_inside(s, padded, dx);
  }
}

void conv2d_pooled_input_gradient(const PreparedConv& conv, std::size_t count,
                                  const PooledGradient& pooled, float* dx, float* scratch) {
  const Conv2dShape& s = conv.plan.shape;
  const std::size_t padded_floats = padded_size(s), size = pooled_size(s);
  const SparseScratch lists = sparse_scratch(s, scratch + padded_floats);
  const BackwardPacking parts = backward_packing(conv.plan);
  for (std::size_t n = 0; n < count; ++n, dx += s.in.size()) {
    const PooledGradient image = {pooled.dy + n * size, pooled.winner + n * size,
                                  pooled.y == nullptr ? nullptr : pooled.y + n * size};
    clear(padded_floats, scratch);
    scatter_pooled(s, image, conv.packed_transposed + parts.rows,
                   conv.packed_transposed + parts.windows, lists, scratch);
    copy_inside(s, scratch, dx);
  }
}

// --- training ---

void conv2d_weight_gradient(const ConvPlan& plan, std::size_t count, const float* x,
                            const float* dy, float* dweight, float* dbias, float* scratch,
                            float* dy_packed) {
  const Conv2dShape& s = plan.shape;
  const std::size_t outputs = static_cast<std::size_t>(s.out.height) * s.out.width;
  const std::size_t filters = s.out.channels;
  const std::size_t padded_floats = padded_size(s);
  float* const padded = scratch;
  for (std::size_t i = padded_floats - kWidth; i < padded_floats; ++i) padded[i] = 0.0F;
  const SparseScratch lists = sparse_scratch(s, padded + padded_floats);
  bool gathered = false;
  for (std::size_t n = 0; n < count; ++n, x += s.in.size(), dy += s.out.size()) {
    copy_padded(s, x, padded);
    const std::size_t alive = list_by_filter(s, dy, lists, dbias);
    if (static_cast<std::ptrdiff_t>(alive) <= plan.skip_weight_gradients) {
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

}  // namespace

constinit const Ops ops = {.name = SIGNFLIP_TEXT(SIGNFLIP_ISA),
                           .plan_conv2d = plan_conv2d,
                           .plan_dense = plan_dense,
                           .conv2d_pack = conv2d_pack,
                           .conv2d_pack_transposed = conv2d_pack_transposed,
                           .dense_pack = dense_pack,
                           .dense_pack_transposed = dense_pack_transposed,
                           .conv2d_forward = conv2d_forward,
                           .conv2d_input_gradient = conv2d_input_gradient,
                           .conv2d_pooled_input_gradient = conv2d_pooled_input_gradient,
                           .dense_forward = dense_forward,
                           .dense_input_gradient = dense_input_gradient,
                           .relu_forward = relu_forward,
                           .relu_input_gradient = relu_input_gradient,
                           .maxpool_forward = maxpool_forward};

constinit const TrainingOps training_ops = {.packed_gradient_size = packed_size,
                                            .conv2d_weight_gradient = conv2d_weight_gradient,
                                            .dense_gradient_pack = dense_gradient_pack,
                                            .dense_weight_gradient = dense_weight_gradient,
                                            .adam = adam};

}  // namespace signflip::cpu::SIGNFLIP_ISA
