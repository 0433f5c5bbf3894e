#include "page/decision_plane.h"

#include <algorithm>

#include "core/batches.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/rng.h"

namespace signflip {
namespace {

/// Signs that agree with those of u on half of its nonzero values and differ on the others, drawn
/// at random; random where u is 0. If the number of nonzero values is odd, one stays 0, so that the
/// two are orthogonal.
std::vector<float> orthogonal_signs(std::span<const float> u, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> v(u.size());
  std::vector<std::uint32_t> moved;
  for (std::size_t i = 0; i < u.size(); ++i) {
    if (u[i] != 0.0F) {
      moved.push_back(static_cast<std::uint32_t>(i));
    } else {
      v[i] = rng.below(2) == 0 ? -1.0F : 1.0F;
    }
  }
  rng.shuffle(std::span<std::uint32_t>(moved));
  const std::size_t half = moved.size() / 2;
  for (std::size_t k = 0; k < 2 * half; ++k) v[moved[k]] = k < half ? u[moved[k]] : -u[moved[k]];
  return v;
}

}  // namespace

Result<DecisionPlane> decision_plane(const DifferentiableModel& model, const Tensor& image,
                                     int label, std::uint64_t seed) {
  if (image.count() != 1 || label < 0 || label >= model.classes()) {
    return Error{concat("a slice needs one image and a label from 0 to ", model.classes() - 1,
                        ", not ", image.count(), " and ", label)};
  }
  const auto pass = model.new_pass(1);
  std::vector<float> dlogits(static_cast<std::size_t>(model.classes()));
  DecisionPlane plane;
  plane.u.resize(image.size());
  cross_entropy_gradient(pass->forward(image.values(), 1), label, std::span(dlogits));
  pass->input_gradient(dlogits, plane.u);
  bool any = false;
  for (float& value : plane.u) {
    value = value > 0.0F ? 1.0F : value < 0.0F ? -1.0F : 0.0F;
    any = any || value != 0.0F;
  }
  if (!any) return Error{"the gradient is 0 at this image: there is no direction to look in"};
  plane.v = orthogonal_signs(plane.u, seed);
  return plane;
}

Result<PlaneReadings> read_plane(const DifferentiableModel& model, const Tensor& image,
                                 const DecisionPlane& plane, std::span<const float> a,
                                 std::span<const float> b) {
  const std::size_t size = image.size();
  if (image.count() != 1 || plane.u.size() != size || plane.v.size() != size ||
      a.size() != b.size() || a.empty()) {
    return Error{concat("a slice needs one image, two directions of ", size,
                        " values and as many a as b, not ", image.count(), ", ", plane.u.size(),
                        ", ", plane.v.size(), ", ", a.size(), " and ", b.size())};
  }
  const Bounds bounds = model.bounds();
  Tensor points(a.size(), image.image_shape());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto point = points.image(i);
    for (std::size_t p = 0; p < size; ++p) {
      point[p] = std::clamp(image.values()[p] + a[i] * plane.u[p] + b[i] * plane.v[p], bounds.low,
                            bounds.high);
    }
  }
  const auto classes = static_cast<std::size_t>(model.classes());
  std::vector<float> probabilities(classes);
  PlaneReadings readings;
  forward_batches(model, points, [&](std::size_t, std::size_t count, std::span<const float> z) {
    for (std::size_t n = 0; n < count; ++n) {
      const auto row = z.subspan(n * classes, classes);
      softmax(row, std::span(probabilities));
      const int label = argmax(row);
      readings.labels.push_back(label);
      readings.confidences.push_back(
          label == kNoClass ? 0.0F : probabilities[static_cast<std::size_t>(label)]);
    }
  });
  return readings;
}

}  // namespace signflip
