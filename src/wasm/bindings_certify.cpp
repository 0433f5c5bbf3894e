#include "page/model_session.h"
#include "wasm/bindings.h"
#include "wasm/call_buffer.h"

namespace {

using namespace signflip;

/// Floats: images; integers: labels. → one radius per image, within which interval bounds prove
/// that the model gives the label.
val certified_radii(const ModelSession& session) {
  CallBuffer& buffer = CallBuffer::instance();
  return buffer.values(session.certified_radii(buffer.floats(), buffer.integers()));
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_certify) { emscripten::function("certifiedRadii", &certified_radii); }
