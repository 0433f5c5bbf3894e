// signflip saliency: which pixels the prediction for given images hangs on.
#include "nn/saliency.h"

#include <algorithm>
#include <cmath>

#include "command.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/predictions.h"
#include "data/file.h"
#include "data/npy.h"
#include "image_labels.h"
#include "image_options.h"
#include "outputs.h"
#include "saliency_sheet.h"

namespace signflip::cli {
namespace {

struct SaliencyOptions {
  std::string model, labels, gradients, grad_cam, sheet, json;
  ImageOptions images;
};

/// Row and column of the largest value of a map; null where the map is 0 everywhere.
OrderedJson strongest(ImageShape shape, std::span<const float> map) {
  const auto found = std::ranges::max_element(map);
  if (!(*found > 0.0F)) return nullptr;
  const auto at = static_cast<std::size_t>(found - map.begin());
  const auto width = static_cast<std::size_t>(shape.width);
  return {at / width, at % width};
}

struct Maps {
  Tensor gradients, strengths;
  std::optional<Tensor> grad_cam;  ///< nothing where the network has no convolution
};

OrderedJson maps_json(const Maps& maps, std::size_t n) {
  double l1 = 0, squares = 0, largest = 0;
  for (const float value : maps.gradients.image(n)) {
    const double size = std::abs(static_cast<double>(value));
    l1 += size;
    squares += size * size;
    largest = std::max(largest, size);
  }
  const ImageShape shape = maps.strengths.image_shape();
  OrderedJson json = {{"gradient",
                       {{"l1", l1},
                        {"l2", std::sqrt(squares)},
                        {"linf", largest},
                        {"strongest", strongest(shape, maps.strengths.image(n))}}},
                      {"grad_cam", nullptr}};
  if (maps.grad_cam) {
    const auto map = maps.grad_cam->image(n);
    json["grad_cam"] = {{"maximum", *std::ranges::max_element(map)},
                        {"strongest", strongest(shape, map)}};
  }
  return json;
}

Result<Maps> find_maps(const SaliencyOptions& options, const Sequential& network,
                       const Tensor& images, const std::vector<int>& labels) {
  Maps maps{loss_gradients(network, images, labels), {}, {}};
  maps.strengths = pixel_strengths(maps.gradients);
  auto cam = grad_cam(network, images, labels);
  if (cam) {
    maps.grad_cam = std::move(*cam);
  } else if (!options.grad_cam.empty()) {
    return Error{"--grad-cam: " + cam.error().message};
  } else {
    say(cam.error().message);
  }
  return maps;
}

/// The labels that the command line gives, else what the model says.
Result<std::vector<int>> find_labels(const SaliencyOptions& options, const Sequential& network,
                                     const std::vector<int>& predicted) {
  if (!options.labels.empty()) {
    return labels_from("--labels", options.labels, network.classes(), predicted.size());
  }
  const auto none = std::ranges::find(predicted, kNoClass);
  if (none == predicted.end()) return predicted;
  return Error{concat("the model has no class for image ", none - predicted.begin(),
                      ": its logits are not numbers; name one with --labels")};
}

Status write_maps(const SaliencyOptions& options, const Maps& maps) {
  const ImageShape shape = maps.gradients.image_shape();
  const auto sides = [&](int channels) {
    std::vector<std::size_t> all = {maps.gradients.count()};
    for (const int side : {shape.height, shape.width, channels}) {
      if (side > 0) all.push_back(static_cast<std::size_t>(side));
    }
    return all;
  };
  if (!options.gradients.empty()) {
    const Status written =
        write_npy(options.gradients, maps.gradients.values(), sides(shape.channels));
    if (!written) return written;
  }
  if (options.grad_cam.empty()) return {};
  return write_npy(options.grad_cam, maps.grad_cam->values(), sides(0));
}

Status run(const SaliencyOptions& options) {
  const Output outputs[] = {
      {.option = "--gradients", .file = options.gradients, .endings = {".npy"}, .strict = true},
      {.option = "--grad-cam", .file = options.grad_cam, .endings = {".npy"}, .strict = true},
      {.option = "--sheet", .file = options.sheet, .endings = {".png"}, .strict = true},
      json_output(options.json)};
  const Status checked = check_outputs(
      outputs, options.images.inputs({{"--model", options.model}, {"--labels", options.labels}}));
  if (!checked) return checked;
  const auto model = load_model_from(options.model);
  if (!model) return model.error();
  const Sequential& network = model->file.network;
  const std::vector<std::string>& classes = network.architecture().classes;
  if (classes.empty()) {
    return Error{"--model is " + options.model +
                 ", which is a denoiser: saliency is about classes, name a classifier"};
  }
  const auto loaded = options.images.load(network);
  if (!loaded) return loaded.error();
  const Tensor& images = loaded->images;
  if (!options.sheet.empty() && images.image_shape().channels != 1 &&
      images.image_shape().channels != 3) {
    return Error{"--sheet was given, but only images of 1 or 3 channels are pictures"};
  }
  ThreadPool pool(0);
  const std::vector<int> predicted = classes_of(network, images, pool);
  const auto labels = find_labels(options, network, predicted);
  if (!labels) return labels.error();
  const auto maps = find_maps(options, network, images, *labels);
  if (!maps) return maps.error();
  const Status written = write_maps(options, *maps);
  if (!written) return written;

  const auto name_of = [&](int k) {
    return k == kNoClass ? std::string("no class") : classes[static_cast<std::size_t>(k)];
  };
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION},
                      {"model", describe(*model)},
                      {"images", OrderedJson::array()}};
  std::string text = "image  predicted  about  largest gradient at  Grad-CAM's largest at\n";
  SaliencyPictures pictures{
      images, maps->gradients, maps->grad_cam ? &*maps->grad_cam : nullptr, {}};
  for (std::size_t n = 0; n < images.count(); ++n) {
    OrderedJson entry = {
        {"image", loaded->names[n]}, {"predicted", predicted[n]}, {"label", (*labels)[n]}};
    const OrderedJson figures = maps_json(*maps, n);
    entry.update(figures);
    json["images"].push_back(entry);
    const auto place = [](const OrderedJson& map) {
      if (map.is_null()) return std::string("-");
      if (map["strongest"].is_null()) return std::string("0 everywhere");
      return concat("row ", map["strongest"][0].get<std::size_t>(), ", column ",
                    map["strongest"][1].get<std::size_t>());
    };
    char line[160];
    std::snprintf(line, sizeof line, "%5zu  %9d  %5d  %19s  %21s", n, predicted[n], (*labels)[n],
                  place(figures["gradient"]).c_str(), place(figures["grad_cam"]).c_str());
    text += line;
    if (loaded->pictures > 0) text += "  " + shown_name(loaded->names[n]);
    text += "\n";
    const std::string name = std::filesystem::path(loaded->names[n]).filename().string();
    std::vector<SheetLine> lines = {{name_of(predicted[n])}, {name, SheetLine::Style::soft}};
    if ((*labels)[n] != predicted[n]) lines[0].text += ", maps for " + name_of((*labels)[n]);
    pictures.lines.push_back(std::move(lines));
  }
  if (!options.sheet.empty()) {
    const Status drawn = write_file_atomically(options.sheet, encode_png(draw_saliency(pictures)));
    if (!drawn) return drawn;
  }
  print_result(text, options.json);
  return write_json(options.json, json);
}

}  // namespace

void add_saliency(const Command& app, Context& context) {
  auto options = std::make_shared<SaliencyOptions>();
  const Command command = app.add_command(
      "saliency",
      "Which pixels a prediction hangs on: the loss's input gradient, and Grad-CAM at the last "
      "convolution",
      "signflip saliency --model models/mnist-standard.safetensors \\\n"
      "    --images seven.png --sheet saliency.png\n"
      "  signflip saliency --model models/mnist-standard.safetensors \\\n"
      "    --images seven.png --labels 7 --gradients gradients.npy --grad-cam cam.npy \\\n"
      "    --json saliency.json");
  command.add_option("--model", options->model, "model file (.safetensors)").required();
  options->images.add_to(command);
  command.add_option("--labels", options->labels,
                     "the classes that the maps are about, .npy or IDX, one for all, 7, or one "
                     "for each, 7,2 (default: what the model says)");
  command.add_option("--gradients", options->gradients,
                     "write the gradients of the cross-entropy, N×H×W×C, to this .npy file");
  command.add_option("--grad-cam", options->grad_cam,
                     "write Grad-CAM's maps, N×H×W, to this .npy file");
  command.add_option("--sheet", options->sheet,
                     "a PNG to look at: each image, its gradient (grey: none, white: brighter "
                     "raises the loss), the gradient's strength, and Grad-CAM over the image");
  add_json_option(command, options->json);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
