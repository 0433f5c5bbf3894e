// Dense layers and batch norm.
#include <algorithm>

#include "core/concat.h"
#include "import/onnx/translator.h"
#include "nn/layers/rules.h"

namespace signflip::onnx {
namespace {

using Sides = std::vector<std::int64_t>;

}  // namespace

Error needs_nchw(const Node& node) {
  return Error{concat(node.shown(),
                      " takes an image whose axes are not batch, channel, height, "
                      "width")};
}

Result<Value> Translator::batch_norm(const Node& node, const Inputs& in) {
  auto value = image(node, in);
  if (!value) return value;
  // Before opset 14 the further outputs, means and variances, say it.
  const bool has_statistics = std::any_of(node.outputs.begin() + 1, node.outputs.end(),
                                          [](const std::string& name) { return !name.empty(); });
  if (node.integer("training_mode", 0) != 0 || has_statistics) {
    return Error{concat(node.shown(), " is in training mode: export the model after .eval()")};
  }
  if (!value->flat() && value->layout != Layout::nchw) return needs_nchw(node);
  const auto channels = static_cast<std::size_t>(shape(*value).channels);
  Step step{.kind = Step::Kind::layer,
            .json = {{"type", value->flat() ? "batchnorm1d" : "batchnorm2d"}},
            .tensors = {},
            .from = {value->step},
            .shape = shape(*value),
            .flat = steps_[value->step].flat};
  const double epsilon = short_number(node.real("epsilon", 1e-5));
  if (epsilon != 1e-5) step.json["eps"] = epsilon;
  constexpr const char* kNames[] = {"weight", "bias", "running_mean", "running_var"};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto known = known_input(node, in, i + 1, kNames[i]);
    if (!known) return known.error();
    if ((*known)->values.size() != channels) {
      return Error{concat(node.shown(), " has ", (*known)->values.size(), " values of ", kNames[i],
                          ", expected ", channels)};
    }
    step.tensors.push_back({kNames[i], {channels}, in_our_order(*value, (*known)->values)});
  }
  value->step = add(std::move(step));
  return value;
}

Result<Value> Translator::dense(const Value& list, std::size_t units,
                                const std::vector<double>& weight, bool units_first,
                                std::vector<float> bias) {
  const std::vector<std::size_t> order = file_order(list);
  const std::size_t inputs = order.size();
  std::vector<float> rows(units * inputs);
  for (std::size_t u = 0; u < units; ++u) {
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::size_t from = units_first ? u * inputs + order[i] : order[i] * units + u;
      rows[u * inputs + i] = static_cast<float>(weight[from]);
    }
  }
  Step step{.kind = Step::Kind::layer,
            .json = {{"type", "dense"}, {"units", units}},
            .tensors = {},
            .from = {list.step},
            .shape = {1, 1, static_cast<int>(units)},
            .flat = true};
  step.tensors.push_back({"weight", {units, inputs}, std::move(rows)});
  step.tensors.push_back({"bias", {units}, std::move(bias)});
  Value value;
  value.step = add(std::move(step));
  value.layout = Layout::flat;
  return value;
}

Result<Value> Translator::matmul(const Node& node, const Inputs& in) {
  auto value = list(node, in);
  if (!value) return value;
  const auto weight = known_input(node, in, 1, "weights");
  if (!weight) return weight.error();
  const Sides& sides = (*weight)->shape;
  const auto inputs = static_cast<std::int64_t>(shape(*value).size());
  if (sides.size() != 2 || sides[0] != inputs || sides[1] < 1 || sides[1] > kMaximumChannels) {
    return Error{concat(node.shown(), " has weights of ", sides_text(sides), ", expected ", inputs,
                        " rows")};
  }
  const auto units = static_cast<std::size_t>(sides[1]);
  return dense(*value, units, (*weight)->values, false, std::vector<float>(units));
}

Result<Value> Translator::gemm(const Node& node, const Inputs& in) {
  auto value = list(node, in);
  if (!value) return value;
  const auto weight = known_input(node, in, 1, "weights");
  if (!weight) return weight.error();
  const Sides& sides = (*weight)->shape;
  const bool units_first = node.integer("transB", 0) != 0;
  const auto inputs = static_cast<std::int64_t>(shape(*value).size());
  const bool fits = sides.size() == 2 && sides[units_first ? 1 : 0] == inputs &&
                    sides[units_first ? 0 : 1] >= 1 &&
                    sides[units_first ? 0 : 1] <= kMaximumChannels;
  if (!fits || node.integer("transA", 0) != 0) {
    return Error{concat(node.shown(), " has weights of ", sides_text(sides),
                        ", which do not fit a list of ", inputs)};
  }
  const auto units = static_cast<std::size_t>(sides[units_first ? 0 : 1]);
  const double alpha = node.real("alpha", 1.0), beta = node.real("beta", 1.0);
  std::vector<double> scaled = (*weight)->values;
  for (double& v : scaled) v *= alpha;
  std::vector<float> bias(units);
  if (in.size() > 2 && in[2] != nullptr) {
    const auto known = known_input(node, in, 2, "bias");
    if (!known) return known.error();
    const std::size_t count = (*known)->values.size();
    if (count != units && count != 1)
      return Error{concat(node.shown(), " has a bias of ", sides_text((*known)->shape))};
    for (std::size_t u = 0; u < units; ++u) {
      bias[u] = static_cast<float>(beta * (*known)->values[count == 1 ? 0 : u]);
    }
  }
  return dense(*value, units, scaled, units_first, std::move(bias));
}

}  // namespace signflip::onnx
