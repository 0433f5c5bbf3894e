// The JavaScript face of picture decoding; apart, because the page's first view does without.
#include "data/image.h"
#include "wasm/bindings.h"

namespace {

using namespace signflip;

val decode_image(const val& bytes) {
  const auto copy = emscripten::convertJSArrayToNumberVector<std::uint8_t>(bytes);
  const auto picture = decode_picture(copy, "the picture");
  if (!picture) return failure(picture.error());
  val result = val::object();
  result.set("width", picture->width);
  result.set("height", picture->height);
  result.set("channels", picture->channels);
  result.set("pixels", array(picture->pixels));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_image) { emscripten::function("decodeImage", &decode_image); }
