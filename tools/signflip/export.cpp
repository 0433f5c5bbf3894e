// signflip export: a model file → ONNX, for other programs.
#include "command.h"
#include "core/concat.h"
#include "data/file.h"
#include "import/onnx/export_onnx.h"
#include "outputs.h"

namespace signflip::cli {
namespace {

struct ExportOptions {
  std::string model, onnx, json;
};

Status run(const ExportOptions& options) {
  const Output outputs[] = {
      {.option = "--onnx", .file = options.onnx, .endings = {".onnx"}, .strict = true},
      json_output(options.json)};
  const Input input{"--model", options.model};
  const Status checked = check_outputs(outputs, std::span(&input, 1));
  if (!checked) return checked;
  const auto model = load_model_from(options.model);
  if (!model) return model.error();
  const auto bytes = export_onnx(model->file.network);
  if (!bytes) return Error{options.model + ": " + bytes.error().message};
  const Status written = write_file_atomically(options.onnx, *bytes);
  if (!written) return written;
  const ImageShape in = model->file.network.input_shape();
  print_result(
      concat("wrote ", options.onnx, ": ", bytes->size(), " bytes, input image N×", in.channels,
             "×", in.height, "×", in.width, " with pixels in [0,1], output logits\n"),
      options.json);
  return write_json(options.json, {{"signflip", SIGNFLIP_VERSION},
                                   {"model", describe(*model)},
                                   {"file", options.onnx},
                                   {"sha256", sha256_hex(*bytes)},
                                   {"bytes", bytes->size()}});
}

}  // namespace

void add_export(const Command& app, Context& context) {
  auto options = std::make_shared<ExportOptions>();
  const Command command = app.add_command(
      "export", "Write a model as ONNX, for other programs",
      "signflip export models/mnist-robust.safetensors --onnx robust.onnx\n"
      "  signflip export models/gtsrb-standard.safetensors --onnx signs.onnx --json -");
  command.add_option("model,--model", options->model, "model file (.safetensors)").required();
  command.add_option("--onnx", options->onnx, "ONNX file to write (.onnx)").required();
  add_json_option(command, options->json);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
