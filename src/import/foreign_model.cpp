#include "import/foreign_model.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "core/concat.h"
#include "import/onnx/model.h"
#include "nn/foreign_format.h"

namespace signflip {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kReads =
    "import reads ONNX and a PyTorch state_dict saved as safetensors";

constexpr std::string_view kFromPytorch =
    "in Python, write the module with tools/python/signflip_export.py, its state_dict with "
    "safetensors.torch.save_file, or ONNX with torch.onnx.export";
constexpr std::string_view kFromKeras =
    "in Python, write it as ONNX: python -m tf2onnx.convert, or model.export(\"model.onnx\", "
    "format=\"onnx\")";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Result<ForeignModel> foreign_model_format(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (begins_as_safetensors(bytes)) return ForeignModel::state_dict;
  const std::string_view beginning = text.substr(0, 4096);
  if (text.starts_with("\x89HDF"sv)) {
    return Error{concat("it is HDF5, as Keras saves models (.h5); ", kFromKeras)};
  }
  if (text.starts_with("PK\3\4"sv)) {
    if (contains(beginning, "model.weights.h5") || contains(beginning, "config.json")) {
      return Error{concat("it is a Keras archive (.keras); ", kFromKeras)};
    }
    return Error{
        concat("it is a zip archive with a pickle inside, as torch.save writes (.pt, .pth), "
               "and a pickle can run any program; ",
               kFromPytorch)};
  }
  if (text.starts_with("\x80\2"sv) || text.starts_with("\x80\4"sv)) {
    return Error{concat("it is a pickle, which can run any program; ", kFromPytorch)};
  }
  if (text.size() >= 8 && text.substr(4, 4) == "TFL3") {
    return Error{concat("it is TensorFlow Lite; ", kFromKeras)};
  }
  if (onnx::looks_like_onnx(bytes)) return ForeignModel::onnx;
  const std::string_view known = foreign_format(bytes);
  if (!known.empty()) return Error{concat("it is ", known, "; ", kReads)};
  return ForeignModel::state_dict;
}

}  // namespace signflip
