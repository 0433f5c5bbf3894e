// The JavaScript face of certified radii; apart, because the page's first view does without. It
// takes a model's bytes and not a Model, so that the module of the first view need not know of
// intervals.
#include "certify/certify.h"
#include "wasm/bindings.h"
#include "wasm/session.h"

namespace {

using namespace signflip;

/// One radius an image: within it interval bounds prove that the label stays.
val certified_radii_of(const val& bytes, const val& images, const val& labels) {
  const auto session = Session::load(emscripten::convertJSArrayToNumberVector<std::uint8_t>(bytes));
  if (!session) return failure(session.error());
  const auto tensor = session->to_tensor(emscripten::convertJSArrayToNumberVector<float>(images));
  if (!tensor) return failure(tensor.error());
  ThreadPool pool(1);
  const auto found = certify(session->network(), CertifyRequest{0.0, 1.0}, *tensor,
                             emscripten::convertJSArrayToNumberVector<int>(labels), pool);
  if (!found) return failure(found.error());
  val result = val::object();
  result.set("radii", array(found->radius));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_certify) {
  emscripten::function("certifiedRadii", &certified_radii_of);
}
