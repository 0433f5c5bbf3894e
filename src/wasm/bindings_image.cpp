// Decoding pictures, making them what a model takes, and encoding them.
#include "data/framing.h"
#include "data/image.h"
#include "wasm/bindings.h"

namespace {

using namespace signflip;

val decode_image_file(const val& bytes) {
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

/// A picture's bytes as a model's input, height·width·channels floats in [0,1].
val prepare_image(const val& bytes, int width, int height, int channels, bool digit, bool whole) {
  const auto copy = emscripten::convertJSArrayToNumberVector<std::uint8_t>(bytes);
  const auto picture = decode_picture(copy, "the picture");
  if (!picture) return failure(picture.error());
  const Framing framing = digit ? Framing::digit : whole ? Framing::whole : Framing::middle;
  const auto framed = frame(*picture, {height, width, channels}, framing, "the picture");
  if (!framed) return failure(framed.error());
  std::vector<float> pixels;
  pixels.reserve(framed->picture.pixels.size());
  for (const std::uint8_t byte : framed->picture.pixels) pixels.push_back(unit_pixel(byte));
  val result = val::object();
  result.set("pixels", array(pixels));
  return result;
}

/// Bytes H×W×C as a PNG file.
val encode_image(const val& pixels, int width, int height, int channels) {
  Picture picture{width, height, channels,
                  emscripten::convertJSArrayToNumberVector<std::uint8_t>(pixels)};
  const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                    static_cast<std::size_t>(channels);
  if (picture.pixels.size() != size) {
    return failure(Error{"the picture has another number of bytes than its shape"});
  }
  val result = val::object();
  result.set("png", array(encode_png(picture)));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_image) {
  emscripten::function("decodeImage", &decode_image_file);
  emscripten::function("prepareImage", &prepare_image);
  emscripten::function("encodeImage", &encode_image);
}
