// signflip convert: the same model with its weights stored in another precision. It does not train,
// and what it writes is a model of its own: measure that one.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "command.h"
#include "data/file.h"
#include "outputs.h"

namespace signflip::cli {
namespace {

struct ConvertOptions {
  std::string model, weights, out, json;
};

/// The largest difference of two networks' weights and biases.
float largest_change(const Sequential& a, const Sequential& b) {
  float largest = 0.0F;
  for (std::size_t i = 0; i < a.parameters().size(); ++i) {
    largest = std::max(largest, std::abs(a.parameters()[i] - b.parameters()[i]));
  }
  return largest;
}

Status run(const ConvertOptions& options) {
  const Output outputs[] = {
      {.option = "--out", .file = options.out, .endings = {".safetensors"}, .strict = true},
      json_output(options.json)};
  const Input inputs[] = {{"--model", options.model}};
  const Status checked = check_outputs(outputs, inputs);
  if (!checked) return checked;
  const auto before = read_model_file(options.model);
  if (!before) return before.error();
  const auto model = load_model(*before, options.model);
  if (!model) return model.error();

  SaveOptions save;
  save.weights = *weight_type_from_name(options.weights);
  save.metadata = model->metadata;  // how it was trained stays with it
  save.metadata["signflip.conversion"] = OrderedJson{
      {"command", "signflip convert --weights " + options.weights},
      {"weights", options.weights},
      {"from", sha256_hex(*before)}}.dump();
  const auto after = format_model(model->network, save);
  // Weights may be beyond what F16 holds: better no file than one that nothing can read.
  const auto converted = load_model(after, options.out);
  if (!converted) {
    return Error{options.model + " cannot be stored as " + options.weights + ": " +
                 converted.error().message};
  }
  const Status written = write_file_atomically(options.out, after);
  if (!written) return written;

  const float change = largest_change(model->network, converted->network);
  char text[160];
  std::snprintf(text, sizeof text, ": %s, %zu bytes (was %zu), largest change of a weight %.3g\n",
                options.weights.c_str(), after.size(), before->size(), static_cast<double>(change));
  print_result("wrote " + options.out + text, options.json);
  return write_json(options.json, {{"signflip", SIGNFLIP_VERSION},
                                   {"file", options.out},
                                   {"weights", options.weights},
                                   {"sha256", sha256_hex(after)},
                                   {"bytes", after.size()},
                                   {"bytes_before", before->size()},
                                   {"largest_change", change}});
}

}  // namespace

void add_convert(const Command& app, Context& context) {
  auto options = std::make_shared<ConvertOptions>();
  const Command command = app.add_command(
      "convert", "Store a model's weights in another precision",
      "signflip convert --model mixed.safetensors --weights i8 \\\n"
      "    --out mixed-i8.safetensors\n"
      "  signflip convert --model models/mnist-robust.safetensors --weights f16 \\\n"
      "    --out robust-f16.safetensors --json robust-f16.json");
  command.add_option("--model", options->model, "model file (.safetensors)").required();
  command
      .add_option("--weights", options->weights,
                  "f32, f16, or i8 with one scale for each output channel (biases stay f32)")
      .required()
      .one_of({"f32", "f16", "i8"});
  command.add_option("--out", options->out, "model file to write").required();
  add_json_option(command, options->json);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
