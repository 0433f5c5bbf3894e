// Builds the bytes of an ONNX graph: nodes in order, constants, one input and one output.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "import/onnx/protobuf.h"

namespace signflip::onnx {

class GraphWriter {
 public:
  /// An attribute of a node: whole numbers as a list or alone, or a real one.
  struct Given {
    std::string name;
    std::vector<std::int64_t> integers;
    double real = 0;
    std::string text;
    enum class Kind { integer, integers, real, text } kind = Kind::integers;
  };
  static Given whole(std::string name, std::int64_t value);
  static Given list(std::string name, std::vector<std::int64_t> values);
  static Given real(std::string name, double value);
  static Given text(std::string name, std::string value);

  /// Adds a constant and returns its name.
  std::string constant(std::string name, const std::vector<std::size_t>& shape,
                       std::span<const float> values);
  /// The same of whole numbers, as a list.
  std::string integers(std::string name, std::span<const std::int64_t> values);
  /// Adds a node with one output, named after `name`, and returns that.
  std::string node(std::string_view op, std::string name, const std::vector<std::string>& inputs,
                   const std::vector<Given>& attributes = {});

  /// The file: `output` is the value that it gives, called "logits".
  std::vector<std::uint8_t> finish(const std::string& graph, const std::string& output,
                                   const std::vector<std::int64_t>& input_sides,
                                   const std::vector<std::int64_t>& output_sides) const;

  static constexpr std::string_view kInput = "image";

 private:
  std::vector<ProtoWriter> nodes_, constants_;
};

}  // namespace signflip::onnx
