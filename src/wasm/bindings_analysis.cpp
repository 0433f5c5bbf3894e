// What the views of a whole model ask: features and their maps, slices through decision surfaces.
#include <algorithm>

#include "page/decision_plane.h"
#include "page/model_session.h"
#include "page/projection.h"
#include "wasm/bindings.h"
#include "wasm/call_buffer.h"

namespace {

using namespace signflip;

/// Floats: images. → features, N×F.
val features(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  auto found = session.features(buffer.floats());
  if (!found) return failure(found.error());
  return buffer.results(std::move(*found), [](const auto& values) { return std::tie(values); });
}

/// Floats: one image. → u, v.
val plane(const ModelSession& session, int label, double seed) {
  CallBuffer& buffer = CallBuffer::instance();
  const auto image = session.to_tensor(buffer.floats());
  if (!image) return failure(image.error());
  auto found = decision_plane(session.model(), *image, label, static_cast<std::uint64_t>(seed));
  if (!found) return failure(found.error());
  return buffer.results(std::move(*found),
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
  auto found = read_plane(session.model(), *image, {part(size, size), part(2 * size, size)},
                          floats.subspan(3 * size, points), floats.last(points));
  if (!found) return failure(found.error());
  return buffer.results(std::move(*found), [](const PlaneReadings& readings) {
    return std::tie(readings.labels, readings.confidences);
  });
}

struct Map {
  std::vector<float> places, values;
  std::vector<double> share;
};

/// Text: "pca" or "lda"; floats: N×D features; integers: N labels. → places, values, share
/// (page/projection.h).
val fit_map(int classes) {
  CallBuffer& buffer = CallBuffer::instance();
  const std::string_view kind = buffer.text();
  if (kind != "pca" && kind != "lda") return failure(Error{"a map is of kind pca or lda"});
  const auto projection = fit_projection(kind == "pca" ? ProjectionKind::pca : ProjectionKind::lda,
                                         buffer.floats(), buffer.integers(), classes);
  if (!projection) return failure(projection.error());
  Map map = {projection->project(buffer.floats()),
             projection->values(),
             {projection->share[0], projection->share[1]}};
  return buffer.results(std::move(map), [](const Map& found) {
    return std::tie(found.places, found.values, found.share);
  });
}

/// Floats: `length` values of a map, then M×D features. → places, M×2.
val project(std::size_t length) {
  CallBuffer& buffer = CallBuffer::instance();
  const std::span<const float> floats = buffer.floats();
  const auto projection = Projection::from_values(floats.first(std::min(length, floats.size())));
  if (!projection) return failure(projection.error());
  return buffer.results(projection->project(floats.subspan(std::min(length, floats.size()))),
                        [](const auto& places) { return std::tie(places); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_analysis) {
  emscripten::function("features", &features);
  emscripten::function("plane", &plane);
  emscripten::function("slice", &slice);
  emscripten::function("fitMap", &fit_map);
  emscripten::function("projectOnMap", &project);
}
