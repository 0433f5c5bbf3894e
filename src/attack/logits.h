// Asking a model for the logits of several images, a row each.
#pragma once

#include "core/differentiable_model.h"
#include "core/rows.h"

namespace signflip {

/// The logits of `images`, at most pass.capacity(); valid until the pass is asked again.
inline Rows<const float> logits_of(Pass& pass, Rows<const float> images) {
  return {pass.forward(images, images.count()), pass.classes()};
}

}  // namespace signflip
