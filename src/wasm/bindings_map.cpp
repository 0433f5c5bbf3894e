// Maps of features: a module of its own, because it needs no model and few who attack one draw its
// map.
#include <algorithm>

#include "page/projection.h"
#include "wasm/bindings.h"
#include "wasm/call_buffer.h"

namespace {

using namespace signflip;

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

EMSCRIPTEN_BINDINGS(signflip_map) {
  emscripten::function("fitMap", &fit_map);
  emscripten::function("projectOnMap", &project);
}
