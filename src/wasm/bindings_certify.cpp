#include "page/model_session.h"
#include "wasm/bindings.h"
#include "wasm/call_buffer.h"

namespace {

using namespace signflip;

/// Floats: images; integers: labels. → one radius per image, within which interval bounds prove
/// that the model gives the label.
val certified_radii(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  auto found = session.certified_radii(buffer.floats(), buffer.integers());
  if (!found) return failure(found.error());
  return buffer.results(std::move(*found), [](const auto& radii) { return std::tie(radii); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_certify) { emscripten::function("certifiedRadii", &certified_radii); }
