// What the views of a whole model ask of it: features, slices through decision surfaces.
#include "page/decision_plane.h"
#include "page/model_session.h"
#include "wasm/bindings.h"
#include "wasm/call_buffer.h"

namespace {

using namespace signflip;

/// Floats: images. → features, N×F.
val features(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.values(session.features(buffer.floats()));
}

/// Floats: one image. → u, v.
val plane(const ModelSession& session, int label, double seed) {
  CallBuffer& buffer = CallBuffer::instance();
  const auto image = session.to_tensor(buffer.floats());
  if (!image) return failure(image.error());
  return buffer.results(
      decision_plane(session.model(), *image, label, static_cast<std::uint64_t>(seed)),
      [](const DecisionPlane& plane) { return std::tie(plane.u, plane.v); });
}

/// Floats: one image, the plane's u and v, then every a and every b. → labels, confidences.
val slice(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  const std::span<const float> floats = buffer.floats();
  const std::size_t size = session.network().input_shape().size();
  if (floats.size() < 3 * size || (floats.size() - 3 * size) % 2 != 0) {
    return failure(Error{"a slice needs an image, a plane and as many a as b"});
  }
  const auto part = [&](std::size_t first, std::size_t count) {
    const auto values = floats.subspan(first, count);
    return std::vector<float>(values.begin(), values.end());
  };
  const auto image = session.to_tensor(part(0, size));
  if (!image) return failure(image.error());
  const std::size_t points = (floats.size() - 3 * size) / 2;
  return buffer.results(
      read_plane(session.model(), *image, {part(size, size), part(2 * size, size)},
                 floats.subspan(3 * size, points), floats.last(points)),
      [](const PlaneReadings& readings) {
        return std::tie(readings.labels, readings.confidences);
      });
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_analysis) {
  emscripten::function("features", &features);
  emscripten::function("plane", &plane);
  emscripten::function("slice", &slice);
}
