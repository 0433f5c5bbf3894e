// The one place where the kernels decide how a product is made: at planning, by the shape and the
// costs of costs-inl.h. README.md has the table.
#pragma once

#include "backend/cpu/conv/costs-inl.h"
#include "backend/cpu/conv/pooled-inl.h"
#include "backend/cpu/dense-inl.h"
#include "backend/plans.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// The largest number up to `most` of which worth() is true, or −1; worth() is true up to some
/// number and then never again.
template <class Worth>
std::ptrdiff_t largest_worth(std::size_t most, Worth worth) {
  std::size_t low = 0, high = most + 1;  // worth below low, not from high on
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (worth(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<std::ptrdiff_t>(low) - 1;
}

// A convolution's weights are packed as panels, as rows for conv/scatter-inl.h, conv/cells-inl.h or
// conv/skip_zeros-inl.h, which can read rows of whole blocks in the matrix itself, and transformed,
// where conv/winograd-inl.h is chosen.

/// Where the forms of the forward weights begin.
struct ForwardPacking {
  std::size_t rows, transformed;
};

SIGNFLIP_APART ForwardPacking forward_packing(const Conv2dShape& s) {
  const std::size_t rows = packed_size(s.patch(), s.out.channels);
  return {rows, rows + filters_size(s)};
}

/// Whether the backward weights are packed as panels, too. There are none behind a pool, where
/// there is always more to skip than to multiply, nor for narrow vectors, where that is so behind
/// ReLU.
inline bool has_panels(const ConvPlan& plan) { return kWidth > 4 && plan.fusion == Fusion::none; }

/// The same of the backward weights.
struct BackwardPacking {
  std::size_t rows, windows, size;
};

SIGNFLIP_APART BackwardPacking backward_packing(const ConvPlan& plan) {
  const Conv2dShape& s = plan.shape;
  BackwardPacking parts;
  parts.rows = has_panels(plan) ? packed_size(s.out.channels, s.patch()) : 0;
  parts.windows =
      parts.rows + (plan.backward == ConvBackward::cells ? cell_rows_size(s) : rows_size(s));
  parts.size = parts.windows + (plan.fusion == Fusion::pool ? window_rows_size(s) : 0);
  return parts;
}

/// Whether a pool's gradient can be made at once: rows of weights, which are padded, are addressed
/// by ints.
inline bool can_fuse(const Conv2dShape& s) {
  return s.stride.height == 1 && s.stride.width == 1 &&
         s.patch() * s.out.channels < (std::size_t{1} << 22);
}

inline ConvForward choose_forward(const Conv2dShape& s, Sums sums) {
  if (sums == Sums::fastest && suits_winograd(s)) return ConvForward::winograd;
  return suits_planar(s) ? ConvForward::planar : ConvForward::panels;
}

inline ConvBackward choose_backward(const Conv2dShape& s, Fusion fusion) {
  if (fusion == Fusion::none && gathers(s)) return ConvBackward::cells;
  if (adds_all(s)) return ConvBackward::all;
  return kWidth > 4 && fusion == Fusion::none ? ConvBackward::patches : ConvBackward::alive;
}

inline std::size_t forward_cost(const Conv2dShape& s, ConvForward forward) {
  switch (forward) {
    case ConvForward::winograd:
      return winograd_cost(s);
    case ConvForward::planar:
      return planar_cost(s);
    case ConvForward::panels:
      break;
  }
  return panels_cost(s);
}

/// What all kernels of a convolution need, whichever of them run.
inline std::size_t scratch_size(const Conv2dShape& s) {
  std::size_t most = forward_list_size(s);
  const auto grow = [&](std::size_t size) { most = size > most ? size : most; };
  grow(padded_size(s) + s.out.width * s.patch() + sparse_scratch_size(s));
  if (gathers(s)) grow(padded_size(s) + forward_list_size(cell_lines(s)));
  if (suits_winograd(s)) grow(winograd_scratch(s).size());
  if (suits_planar(s)) grow(planar_scratch(s).size);
  return most;
}

ConvPlan plan_conv2d(const Conv2dShape& s, Fusion fusion, Sums sums) {
  ConvPlan plan;
  plan.shape = s;
  plan.fusion = can_fuse(s) ? fusion : Fusion::none;
  plan.forward = choose_forward(s, sums);
  plan.backward = choose_backward(s, plan.fusion);
  if constexpr (kSkipsInputs) {
    const std::size_t cost = forward_cost(s, plan.forward);
    plan.skip_inputs = largest_worth(
        s.in.size(), [&](std::size_t alive) { return worth_skipping_inputs(s, alive, cost); });
  }
  if (plan.backward == ConvBackward::patches) {
    plan.skip_gradients =
        largest_worth(s.out.size(), [&](std::size_t alive) { return worth_skipping(s, alive); });
  }
  plan.skip_weight_gradients =
      largest_worth(s.out.size(), [&](std::size_t alive) { return worth_gathering(s, alive); });
  const bool transforms = suits_winograd(s);
  plan.packed = forward_packing(s).transformed + (transforms ? winograd_packed_size(s) : 0);
  plan.packed_transposed = backward_packing(plan).size;
  plan.scratch = scratch_size(s);
  if (plan.forward == ConvForward::winograd) plan.rounding = winograd_rounding(s);
  return plan;
}

DensePlan plan_dense(const DenseShape& s) {
  DensePlan plan;
  plan.shape = s;
  plan.product = reads_rows_only(s) ? DenseProduct::rows : DenseProduct::panels;
  plan.packed = dense_packed_size(s);
  plan.packed_transposed = dense_packed_transposed_size(s);
  return plan;
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
