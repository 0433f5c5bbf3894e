// Models that people bring, as model files.
#include "page/brought_model.h"
#include "wasm/bindings.h"

namespace {

using namespace signflip;

std::vector<std::string> texts_of(const val& list) {
  std::vector<std::string> texts;
  for (unsigned i = 0; i < list["length"].as<unsigned>(); ++i) {
    texts.push_back(list[i].as<std::string>());
  }
  return texts;
}

/// {mean: numbers, std: numbers, range: 0, 1 or 255}.
PixelPreparation preparation_of(const val& prepared) {
  return {emscripten::convertJSArrayToNumberVector<float>(prepared["mean"]),
          emscripten::convertJSArrayToNumberVector<float>(prepared["std"]),
          prepared["range"].as<int>()};
}

/// `options`: file, prepared, architecture (JSON text or ""), places: [{dataset, shape: {height,
/// width, channels}, classes}].
val bring(const val& bytes, const val& options) {
  BringOptions wanted;
  wanted.file = options["file"].as<std::string>();
  wanted.prepared = preparation_of(options["prepared"]);
  wanted.architecture = options["architecture"].as<std::string>();
  for (unsigned i = 0; i < options["places"]["length"].as<unsigned>(); ++i) {
    const val place = options["places"][i];
    const val shape = place["shape"];
    wanted.places.push_back(
        {place["dataset"].as<std::string>(),
         {shape["height"].as<int>(), shape["width"].as<int>(), shape["channels"].as<int>()},
         texts_of(place["classes"])});
  }
  const auto copy = emscripten::convertJSArrayToNumberVector<std::uint8_t>(bytes);
  const auto brought = bring_model(copy, wanted);
  if (!brought) return failure(brought.error());
  val notes = val::array();
  for (const std::string& note : brought->notes) notes.call<void>("push", visible_text(note));
  val result = val::object();
  result.set("bytes", array(brought->bytes));
  result.set("name", visible_text(brought->name));
  result.set("dataset", brought->dataset);
  val shape = val::object();
  shape.set("height", brought->input.height);
  shape.set("width", brought->input.width);
  shape.set("channels", brought->input.channels);
  result.set("shape", shape);
  val classes = val::array();
  for (const std::string& name : brought->classes) classes.call<void>("push", visible_text(name));
  result.set("classes", classes);
  result.set("parameters", static_cast<double>(brought->parameters));
  result.set("normalises", brought->normalises);
  result.set("statesPreparation", brought->states_preparation);
  result.set("notes", notes);
  return result;
}

/// {right: how many of the images, for each preparation}.
val read_right(const val& model, const val& pixels, const val& labels, const val& preparations) {
  std::vector<PixelPreparation> tried;
  for (unsigned i = 0; i < preparations["length"].as<unsigned>(); ++i) {
    tried.push_back(preparation_of(preparations[i]));
  }
  const auto right = right_under(emscripten::convertJSArrayToNumberVector<std::uint8_t>(model),
                                 emscripten::convertJSArrayToNumberVector<std::uint8_t>(pixels),
                                 emscripten::convertJSArrayToNumberVector<int>(labels), tried);
  if (!right) return failure(right.error());
  val counts = val::array();
  for (const std::size_t count : *right) counts.call<void>("push", static_cast<double>(count));
  val result = val::object();
  result.set("right", counts);
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_import) {
  emscripten::function("bringModel", &bring);
  emscripten::function("rightUnder", &read_right);
}
