// Models that people bring, as model files; and their test images.
#include "data/array_images.h"
#include "page/brought_model.h"
#include "page/folder_classes.h"
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

/// Each {name, bytes} of an .npy file. → {height, width, channels, pixels, labels, remark}.
val read_arrays(const val& images, const val& labels) {
  const auto bytes_of = [](const val& array) {
    return emscripten::convertJSArrayToNumberVector<std::uint8_t>(array["bytes"]);
  };
  const auto image_bytes = bytes_of(images), label_bytes = bytes_of(labels);
  const auto found = read_array_images({images["name"].as<std::string>(), image_bytes},
                                       {labels["name"].as<std::string>(), label_bytes});
  if (!found) return failure(found.error());
  val result = val::object();
  result.set("height", found->image.height);
  result.set("width", found->image.width);
  result.set("channels", found->image.channels);
  result.set("pixels", array(found->pixels));
  result.set("labels", array(found->labels));
  result.set("remark", visible_text(found->remark));
  return result;
}

/// Names of folders and of classes. → {labels: a class for each folder}.
val folder_classes(const val& folders, const val& classes) {
  const auto found = classes_of_folders(texts_of(folders), texts_of(classes));
  if (!found) return failure(found.error());
  val result = val::object();
  result.set("labels", array(*found));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_import) {
  emscripten::function("bringModel", &bring);
  emscripten::function("rightUnder", &read_right);
  emscripten::function("readArrays", &read_arrays);
  emscripten::function("folderClasses", &folder_classes);
}
