// A slice through a classifier's decision surface: a plane through one image, and what the model
// says at its points. As the church-window plots of Warde-Farley and Goodfellow (2016).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/differentiable_model.h"
#include "core/result.h"

namespace signflip {

/// Two directions of one length through an image, H·W·C values each, in [-1,1]. With |u|,|v| ≤ 1
/// everywhere and equal signs as often as not, the L∞ ball of radius ε cuts the plane in
/// |a| + |b| ≤ ε.
struct DecisionPlane {
  std::vector<float> u;  ///< sign of the loss's gradient: the direction of FGSM
  std::vector<float> v;  ///< random signs, exactly orthogonal to u
};

/// The plane through one image (1×H×W×C). One gradient. Error if the gradient is exactly 0.
Result<DecisionPlane> decision_plane(const DifferentiableModel& model, const Tensor& image,
                                     int label, std::uint64_t seed);

/// One value per point.
struct PlaneReadings {
  std::vector<int> labels;
  std::vector<float> confidences;  ///< the probability of that label
};

/// What the model says of clip(image + a[i]·u + b[i]·v) for each i. One query per point.
Result<PlaneReadings> read_plane(const DifferentiableModel& model, const Tensor& image,
                                 const DecisionPlane& plane, std::span<const float> a,
                                 std::span<const float> b);

}  // namespace signflip
