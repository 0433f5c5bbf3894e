// signflip inspect: what is in a model file.
#include <cstdio>

#include "command.h"
#include "core/visible_text.h"
#include "nn/architecture_json.h"
#include "outputs.h"

namespace signflip::cli {
namespace {

struct InspectOptions {
  std::string model, json;
};

/// A field of the metadata, of which a terminal gets what is read there; --json has all of it.
std::string cut(const std::string& field) { return shortened(field, 8000, "\n"); }

Status run(const InspectOptions& options) {
  const Output results = json_output(options.json);
  const Input input{"--model", options.model};
  const Status writable = check_outputs(std::span(&results, 1), std::span(&input, 1));
  if (!writable) return writable;
  const auto model = load_model_from(options.model);
  if (!model) return model.error();
  const Sequential& network = model->file.network;
  const Architecture& architecture = network.architecture();
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION},
                      {"model", describe(*model)},
                      {"name", architecture.name},
                      {"input", architecture_to_json(architecture)["input"]},
                      {"classes", architecture.classes},
                      {"selftest", model->file.verified ? "passed" : "absent"},
                      {"multiply_adds", network.multiply_adds()},
                      {"layers", OrderedJson::array()}};
  std::string text = shown_name(architecture.name.empty() ? options.model : architecture.name) +
                     ": input " + to_string(network.input_shape()) + ", " +
                     std::to_string(architecture.classes.size()) + " classes\n\n" +
                     "layer  type                output         parameters  multiply-adds\n";
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    const std::size_t parameters = placed.shape.weight() + placed.shape.bias;
    const std::size_t cost = multiply_adds(placed.layer, placed.in);
    std::string output = to_string(placed.out);
    const std::string type(layer_type(placed.layer));
    const std::string name = layer_name(architecture.layers, i);
    OrderedJson entry = {{"layer", name}};
    entry.update(layer_to_json(placed.layer));
    entry["output"] = {placed.out.height, placed.out.width, placed.out.channels};
    entry["parameters"] = parameters;
    entry["multiply_adds"] = cost;
    json["layers"].push_back(entry);
    // Each × takes two bytes and one column.
    output.append(output.size() < 15 ? 15 - output.size() + 2 : 1, ' ');
    char line[128];
    std::snprintf(line, sizeof line, "%5s  %-18s  %s%10zu  %13zu\n", name.c_str(), type.c_str(),
                  output.c_str(), parameters, cost);
    text += line;
  }
  if (!architecture.removed.empty()) {
    json["removed"] = architecture.removed;
    text += "       " + architecture.removed + " at the end was taken off: attacks take logits\n";
  }
  text += "\nparameters     " + std::to_string(network.parameters().size()) + "\nmultiply-adds  " +
          std::to_string(network.multiply_adds()) + "\nself-test      " +
          (model->file.verified ? "passed" : "the file carries none") + "\nSHA-256        " +
          model->sha256 + "\n";
  json["metadata"] = OrderedJson::object();
  for (const auto& [key, value] : model->file.metadata) {
    const Json parsed = parse_json(value);
    json["metadata"][key] = parsed.is_discarded() ? OrderedJson(value) : OrderedJson::parse(value);
    if (key == "signflip") continue;
    text += "\n" + shown_name(key) + ":\n" +
            cut(parsed.is_discarded() ? value : OrderedJson::parse(value).dump(2)) + "\n";
  }
  print_result(text, options.json);
  return write_json(options.json, json);
}

}  // namespace

void add_inspect(const Command& app, Context& context) {
  auto options = std::make_shared<InspectOptions>();
  const Command command = app.add_command(
      "inspect", "Layers, shapes, parameters, multiply-adds and metadata of a model",
      "signflip inspect models/mnist-standard.safetensors\n"
      "  signflip inspect models/mnist-mixed.safetensors --json mixed-layers.json");
  command.add_option("model,--model", options->model, "model file (.safetensors)").required();
  add_json_option(command, options->json);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
