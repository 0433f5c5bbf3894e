// The worst logits of images within their bounds: a dense last layer merged with the comparison of
// its outputs ("elision", Gowal et al. 2019, section 3). With the layer's input in [c − r, c + r]
// and the label y,
//
//   worst_k = b_k − b_y + Σᵢ (W_ik − W_iy)·cᵢ + |W_ik − W_iy|·rᵢ,   worst_y = 0:
//
// minus the margins of certify/interval_layers.h, and what the loss takes as logits.
#pragma once

#include "device/kernels/interval_steps.h"

namespace signflip::device {

struct LastLayer {
  int inputs = 0, classes = 0;
  const float *weight = nullptr, *bias = nullptr;  ///< inputs × classes; classes
  const int* labels = nullptr;

  /// W_ik − W_iy.
  SIGNFLIP_HOST_DEVICE float lead(int input, int k, int label) const {
    return weight[input * classes + k] - weight[input * classes + label];
  }
};

/// One call per image and class.
struct WorstLogits {
  LastLayer last;
  Bounds x;
  float* worst;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int n = i / last.classes, k = i - n * last.classes, label = last.labels[n];
    const int first = n * last.inputs;
    float sum = last.bias[k] - last.bias[label];
    for (int j = 0; j < last.inputs && k != label; ++j) {
      const float lead = last.lead(j, k, label);
      sum += lead * x.centre[first + j] + fabsf(lead) * x.radius[first + j];
    }
    worst[i] = k == label ? 0 : sum;
  }
};

/// One call per image and input. What `dworst` says of the label, a constant, is ignored, here and
/// below.
struct ElidedInputGradient {
  LastLayer last;
  const float* dworst;
  BoundsGradient dx;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int n = i / last.inputs, j = i - n * last.inputs, label = last.labels[n];
    float centre = 0, radius = 0;
    for (int k = 0; k < last.classes; ++k) {
      const float lead = last.lead(j, k, label), d = dworst[n * last.classes + k];
      centre += d * lead;  // 0 at the label
      radius += d * fabsf(lead);
    }
    dx.centre[i] = centre;
    dx.radius[i] = radius;
  }
};

/// The gradient of the weights and, as one input more, of the bias: sums over pieces of the images,
/// pieces × (inputs + 1) × classes. One call each.
struct ElidedWeightGradient {
  static constexpr int kPiece = 32;  ///< images
  LastLayer last;
  int count;
  const float* dworst;
  Bounds x;
  float* pieces;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int values = (last.inputs + 1) * last.classes;
    const int piece = i / values, j = i % values / last.classes, k = i % last.classes;
    const bool bias = j == last.inputs;
    float sum = 0;
    for (int n = piece * kPiece; n < smaller((piece + 1) * kPiece, count); ++n) {
      const int label = last.labels[n], at = n * last.inputs + j;
      const float centre = bias ? 1.0F : x.centre[at], radius = bias ? 0.0F : x.radius[at];
      const auto of = [&](int other) {
        const float lead = bias ? 0.0F : last.lead(j, other, label);
        return dworst[n * last.classes + other] * (centre + sign(lead) * radius);
      };
      if (k != label) {
        sum += of(k);
        continue;
      }
      for (int other = 0; other < last.classes; ++other) {
        if (other != label) sum -= of(other);
      }
    }
    pieces[i] = sum;
  }
};

/// Adds the pieces up in their order.
struct SumPieces {
  int pieces, values;
  const float* of_pieces;
  float* sums;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    float sum = 0;
    for (int p = 0; p < pieces; ++p) sum += of_pieces[p * values + i];
    sums[i] = sum;
  }
};

}  // namespace signflip::device
