#include "import/onnx/import_onnx.h"

#include "import/onnx/translator.h"

namespace signflip {

Result<OnnxImport> import_onnx(std::span<const std::uint8_t> bytes, const ImportOptions& options) {
  const auto model = onnx::parse_model(bytes);
  if (!model) return model.error();
  onnx::Translator translator(*model, options);
  auto imported = translator.run();
  if (!imported) return imported.error();
  auto architecture = complete_architecture(*imported, options);
  if (!architecture) return architecture.error();
  OnnxImport result{std::move(*architecture), {}, std::move(imported->notes)};
  result.bytes = model_bytes(result.architecture, imported->tensors);
  return result;
}

}  // namespace signflip
