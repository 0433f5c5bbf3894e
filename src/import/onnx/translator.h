// Translates an ONNX graph, node after node, to steps. Each operator has a function, in the file of
// its kind: translate_layers, translate_windows, translate_shapes, translate_elementwise.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "import/imported.h"
#include "import/onnx/values.h"

namespace signflip::onnx {

class Translator {
 public:
  /// Both must outlive it.
  Translator(const Model& model, const ImportOptions& options) : model_(model), options_(options) {}

  Result<Imported> run();

 private:
  /// The inputs of a node; null where one is left out.
  using Inputs = std::vector<const Value*>;
  using Translation = Result<Value> (Translator::*)(const Node&, const Inputs&);
  struct Operator {
    std::string_view name;
    Translation translate;
  };
  static const std::vector<Operator>& operators();

  // translator.cpp
  Status begin();
  Result<ImageShape> image_input(const ValueInfo& input, Layout layout) const;
  std::set<std::string> needed_nodes() const;
  Result<Value> translate(const Node& node);
  Result<Imported> finish();
  std::size_t add(Step step);
  /// The value as the output of a step: its curve becomes a layer.
  Result<Value> settled(const Value& value);
  /// The node's first input, settled and without margins.
  Result<Value> image(const Node& node, const Inputs& in);
  /// The same as a list in either order.
  Result<Value> list(const Node& node, const Inputs& in);
  ImageShape shape(const Value& value) const { return steps_[value.step].shape; }
  /// Its shape in the file.
  std::vector<std::int64_t> sides(const Value& value) const;
  /// For each value of a list in our order, its index in the file's.
  std::vector<std::size_t> file_order(const Value& list) const;
  /// One value for each channel or list entry, in our order.
  std::vector<float> in_our_order(const Value& value, const std::vector<double>& in_files) const;
  std::size_t add_affine(std::size_t step, std::vector<float> scale, std::vector<float> shift);

  // translate_layers.cpp
  Result<Value> batch_norm(const Node& node, const Inputs& in);
  Result<Value> gemm(const Node& node, const Inputs& in);
  Result<Value> matmul(const Node& node, const Inputs& in);
  Result<Value> dense(const Value& list, std::size_t units, const std::vector<double>& weight,
                      bool units_first, std::vector<float> bias);
  // translate_windows.cpp
  Result<Value> conv(const Node& node, const Inputs& in);
  Result<Value> pool(const Node& node, const Inputs& in);
  /// Whether what a step gives is known to be 0 or more.
  bool is_nowhere_negative(std::size_t step) const;
  /// So many rows and columns of zeros before and after an image.
  Status surround_with_zeros(const Node& node, const std::vector<std::int64_t>& before,
                             const std::vector<std::int64_t>& after, Value& value);
  Result<Value> global_pool(const Node& node, const Inputs& in);
  Result<Value> upsample(const Node& node, const Inputs& in);

  // translate_shapes.cpp
  Result<Value> same(const Node& node, const Inputs& in);
  Result<Value> constant(const Node& node, const Inputs& in);
  Result<Value> shape_of(const Node& node, const Inputs& in);
  Result<Value> reshape(const Node& node, const Inputs& in);
  Result<Value> transpose(const Node& node, const Inputs& in);
  Result<Value> pad(const Node& node, const Inputs& in);
  Result<Value> reduce_mean(const Node& node, const Inputs& in);
  Result<Value> softmax(const Node& node, const Inputs& in);
  Result<Value> reinterpreted(const Node& node, const Value& value,
                              const std::vector<std::int64_t>& to);
  Result<Value> flattened(const Value& value);

  // translate_elementwise.cpp
  Result<Value> unary(const Node& node, const Inputs& in);
  Result<Value> binary(const Node& node, const Inputs& in);
  Result<Value> combined(const Node& node, const Value& a, const Value& b);
  Result<Value> clip(const Node& node, const Inputs& in);
  Result<Value> curved(const Value& value, std::string_view op, Curve curve) const;
  Result<Value> sum(const Node& node, const Value& a, const Value& b);
  Result<Value> with_constant(const Node& node, const Value& value, const Constant& constant,
                              bool constant_first);
  Result<std::vector<float>> per_channel(const Node& node, const Value& value,
                                         const Constant& constant) const;

  const Model& model_;
  const ImportOptions& options_;
  std::vector<Step> steps_;
  std::map<std::string, Value, std::less<>> values_;
  std::map<const Curve*, Value> settled_;
  std::vector<std::shared_ptr<const Curve>> kept_;  ///< whose addresses are in it
  std::vector<std::string> notes_;
  std::int64_t batch_ = 1;
  std::size_t flattened_input_ = 0;  ///< the step that makes a list of the input; 0: none
};

/// "needs a constant": what else a node may have been given.
Result<const Constant*> known_input(const Node& node, const std::vector<const Value*>& in,
                                    std::size_t index, std::string_view what);

/// That an operator found an image whose axes are in another order.
Error needs_nchw(const Node& node);

/// To seven digits, so that float32 0.001 reads 0.001.
double short_number(double value);

}  // namespace signflip::onnx
