// A residual block (He et al. 2016): y = body(x) + shortcut(x), both lists of layers; an empty
// shortcut is the identity. A network holds a block flat, between three marks:
//   begin, the body's layers, turn, the shortcut's layers, end
// so that every walk over its layers stays a walk over a list. A mark carries a copy of what passes
// along, in memory of the pass: begin its input for the shortcut, turn the body's output for the
// sum; on the way back end carries dy for the body, turn the shortcut's dx for the sum. Blocks may
// lie in blocks. JSON and the names of tensors have the nested form (nn/architecture_json.h).
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

/// Its output never overwrites its input: what is before the block may read its output again, and
/// layers in the block overwrite. output_shape() is that of begin; those of turn and end need the
/// rest of the block, see nn/layers.h.
struct ResidualMark : PlainLayer {
  static constexpr std::string_view kType = "residual";

  /// turn: the body ends, the shortcut begins.
  enum class Kind : std::uint8_t { begin, turn, end };
  Kind kind = Kind::begin;
  bool operator==(const ResidualMark&) const = default;

  LayerMemory memory(const Placement& place) const {
    return {.carried = kind == Kind::end ? 0 : place.in.size()};
  }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;
};

inline constexpr ResidualMark kResidualBegin{{}, ResidualMark::Kind::begin};
inline constexpr ResidualMark kResidualTurn{{}, ResidualMark::Kind::turn};
inline constexpr ResidualMark kResidualEnd{{}, ResidualMark::Kind::end};

/// to = a + b; `to` may be one of them.
void add_values(std::size_t size, const float* a, const float* b, float* to);

}  // namespace signflip
