#include "import/onnx/translator.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/concat.h"
#include "core/names.h"
#include "nn/layers/rules.h"

namespace signflip::onnx {

const std::vector<Translator::Operator>& Translator::operators() {
  using T = Translator;
  static const std::vector<Operator> list = {{"Add", &T::binary},
                                             {"AveragePool", &T::pool},
                                             {"BatchNormalization", &T::batch_norm},
                                             {"Cast", &T::same},
                                             {"Clip", &T::clip},
                                             {"Constant", &T::constant},
                                             {"Conv", &T::conv},
                                             {"Div", &T::binary},
                                             {"Dropout", &T::same},
                                             {"Erf", &T::unary},
                                             {"Exp", &T::unary},
                                             {"Flatten", &T::reshape},
                                             {"Gelu", &T::unary},
                                             {"Gemm", &T::gemm},
                                             {"GlobalAveragePool", &T::global_pool},
                                             {"GlobalMaxPool", &T::global_pool},
                                             {"Identity", &T::same},
                                             {"LeakyRelu", &T::unary},
                                             {"LogSoftmax", &T::softmax},
                                             {"MatMul", &T::matmul},
                                             {"Max", &T::binary},
                                             {"MaxPool", &T::pool},
                                             {"Min", &T::binary},
                                             {"Mul", &T::binary},
                                             {"Neg", &T::unary},
                                             {"PRelu", &T::binary},
                                             {"Pad", &T::pad},
                                             {"Pow", &T::binary},
                                             {"ReduceMean", &T::reduce_mean},
                                             {"Relu", &T::unary},
                                             {"Reshape", &T::reshape},
                                             {"Resize", &T::upsample},
                                             {"Shape", &T::shape_of},
                                             {"Sigmoid", &T::unary},
                                             {"Softmax", &T::softmax},
                                             {"Sqrt", &T::unary},
                                             {"Squeeze", &T::reshape},
                                             {"Sub", &T::binary},
                                             {"Tanh", &T::unary},
                                             {"Transpose", &T::transpose},
                                             {"Unsqueeze", &T::reshape},
                                             {"Upsample", &T::upsample}};
  return list;
}

Result<const Constant*> known_input(const Node& node, const std::vector<const Value*>& in,
                                    std::size_t index, std::string_view what) {
  if (index >= in.size() || in[index] == nullptr)
    return Error{concat(node.shown(), " has no ", what)};
  if (!in[index]->constant) {
    return Error{concat(node.shown(), " computes its ", what,
                        " from the image; only constants are "
                        "read")};
  }
  return &in[index]->known;
}

double short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.7g", value);
  return std::strtod(text, nullptr);
}

std::size_t Translator::add(Step step) {
  steps_.push_back(std::move(step));
  return steps_.size() - 1;
}

std::size_t Translator::add_affine(std::size_t step, std::vector<float> scale,
                                   std::vector<float> shift) {
  const std::size_t channels = scale.size();
  Step affine{.kind = Step::Kind::affine,
              .json = {},
              .tensors = {},
              .from = {step},
              .shape = steps_[step].shape,
              .flat = steps_[step].flat};
  affine.tensors.push_back({"scale", {channels}, std::move(scale)});
  affine.tensors.push_back({"shift", {channels}, std::move(shift)});
  return add(std::move(affine));
}

Result<Value> Translator::settled(const Value& value) {
  if (value.margins != Margins{}) {
    return Error{"operator Pad is read only in front of a convolution"};
  }
  if (!value.curve) return value;
  Value result = value;  // another order of axes may be that of a value with the same curve
  result.curve = nullptr;
  result.operators.clear();
  result.parent = nullptr;
  result.cost = 0;
  if (const auto known = settled_.find(value.curve.get()); known != settled_.end()) {
    result.step = known->second.step;
    return result;
  }
  const auto channels = static_cast<std::size_t>(shape(value).channels);
  if (const auto line = as_line(*value.curve)) {
    if (line->scale != 1.0 || line->shift != 0.0) {
      result.step =
          add_affine(value.step, std::vector<float>(channels, static_cast<float>(line->scale)),
                     std::vector<float>(channels, static_cast<float>(line->shift)));
    }
  } else if (auto activation = as_activation(*value.curve)) {
    result.step = add({.kind = Step::Kind::layer,
                       .json = std::move(*activation),
                       .tensors = {},
                       .from = {value.step},
                       .shape = shape(value),
                       .flat = steps_[value.step].flat});
  } else {
    const Error unknown{
        concat("the operators ", value.operators,
               " compute a function that is none of our activations: ", known_activations())};
    if (!value.parent) return unknown;
    const auto inner = settled(*value.parent);
    if (!inner) return unknown;
    Value outer = *inner;
    outer.curve = std::make_shared<const Curve>(value.last);
    outer.parent = nullptr;
    const auto whole = settled(outer);
    if (!whole) return unknown;
    result.step = whole->step;
  }
  kept_.push_back(value.curve);
  settled_[value.curve.get()] = result;
  return result;
}

Result<Value> Translator::image(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr) return Error{node.shown() + " has no input"};
  if (in[0]->constant) return Error{node.shown() + " is read only behind the image"};
  auto value = settled(*in[0]);
  if (!value) return Error{concat(node.shown(), ": ", value.error().message)};
  return value;
}

Result<Value> Translator::list(const Node& node, const Inputs& in) {
  auto value = image(node, in);
  if (!value || value->flat()) return value;
  return Error{concat(node.shown(), " takes an image of ", to_string(shape(*value)),
                      ", expected a list: is a Flatten missing?")};
}

std::vector<std::int64_t> Translator::sides(const Value& value) const {
  if (value.constant) return value.known.shape;
  const ImageShape s = shape(value);
  switch (value.layout) {
    case Layout::nchw:
      return {batch_, s.channels, s.height, s.width};
    case Layout::nhwc:
      return {batch_, s.height, s.width, s.channels};
    case Layout::nhw:
      return {batch_, s.height, s.width};
    case Layout::flat:
    case Layout::flat_hwc:
      break;
  }
  return {batch_, static_cast<std::int64_t>(s.size())};
}

std::vector<std::size_t> Translator::file_order(const Value& list) const {
  std::vector<std::size_t> order(shape(list).size());
  const ImageShape s = list.image;
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (list.layout != Layout::flat_hwc) return order;
  const auto channels = static_cast<std::size_t>(s.channels);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t p = 0; p < s.pixels(); ++p) order[c * s.pixels() + p] = p * channels + c;
  }
  return order;
}

std::vector<float> Translator::in_our_order(const Value& value,
                                            const std::vector<double>& in_files) const {
  std::vector<float> ours(in_files.begin(), in_files.end());
  if (value.layout != Layout::flat_hwc) return ours;
  const std::vector<std::size_t> order = file_order(value);
  for (std::size_t i = 0; i < order.size(); ++i) ours[i] = static_cast<float>(in_files[order[i]]);
  return ours;
}

Result<ImageShape> Translator::image_input(const ValueInfo& input, Layout layout) const {
  const bool first = layout == Layout::nchw;
  const std::size_t rank = input.shape.size();
  const auto side = [&](std::size_t axis) { return axis < rank ? input.shape[axis] : 1; };
  const std::int64_t file[] = {side(first ? 2 : 1), side(first ? 3 : 2),
                               layout == Layout::nhw ? 1 : side(first ? 1 : 3)};
  const int given[] = {options_.input.height, options_.input.width, options_.input.channels};
  int found[3] = {};
  for (int i = 0; i < 3; ++i) {
    if (file[i] < 1 && given[0] == 0) {
      return Error{concat("its input ", input.name,
                          " has sides that are not fixed: say its shape by 'input'")};
    }
    if (file[i] > (i < 2 ? kMaximumSide : kMaximumChannels))
      return Error{"its input has an impossible shape"};
    if (file[i] >= 1 && given[0] != 0 && file[i] != given[i]) {
      return Error{concat("input is ", to_string(options_.input), ", but the model's input ",
                          input.name, " is ", sides_text(input.shape))};
    }
    found[i] = file[i] >= 1 ? static_cast<int>(file[i]) : given[i];
  }
  return ImageShape{found[0], found[1], found[2]};
}

Status Translator::begin() {
  std::vector<const ValueInfo*> inputs;
  for (const ValueInfo& input : model_.inputs) {
    if (!model_.constants.contains(input.name)) inputs.push_back(&input);
  }
  if (inputs.size() != 1) {
    return Error{concat("it has ", inputs.size(), " inputs, expected one: the image")};
  }
  const ValueInfo& input = *inputs[0];
  const std::size_t rank = input.shape.size();
  if (rank < 2 || rank > 4) {
    return Error{concat("its input ", input.name, " has the shape ", sides_text(input.shape),
                        ", expected N×C×H×W, N×H×W×C, N×H×W or a list")};
  }
  if (input.shape[0] > 0) batch_ = input.shape[0];
  Value value;
  steps_.push_back({.kind = Step::Kind::input,
                    .json = {},
                    .tensors = {},
                    .from = {},
                    .shape = {},
                    .flat = false});
  if (rank == 2) {
    if (options_.input == ImageShape{}) {
      return Error{concat("its input ", input.name, " is a list of ", input.shape[1],
                          " values: say the image's shape by 'input', such as 28x28x1")};
    }
    if (input.shape[1] > 0 && input.shape[1] != static_cast<std::int64_t>(options_.input.size())) {
      return Error{concat("input is ", to_string(options_.input), ", but the model's input ",
                          input.name, " has ", input.shape[1], " values")};
    }
    steps_[0].shape = options_.input;
    auto flat = flattened(value);
    if (!flat) return flat.error();
    flattened_input_ = flat->step;
    if (options_.input.channels > 1) {
      notes_.push_back("the input is a list of values, taken for channel, row, column");
    }
    values_[input.name] = std::move(*flat);
    return {};
  }
  const auto picture = [](std::int64_t channels) { return channels == 1 || channels == 3; };
  if (rank == 3) {
    value.layout = Layout::nhw;
  } else {
    const ImageShape& given = options_.input;
    const auto fits = [&](std::size_t axis, int side) {
      return input.shape[axis] < 1 || input.shape[axis] == side;
    };
    const bool said = given != ImageShape{} && fits(1, given.channels) && fits(2, given.height) &&
                      fits(3, given.width);
    if (!said && !picture(input.shape[1]) && picture(input.shape[3])) value.layout = Layout::nhwc;
  }
  const auto found = image_input(input, value.layout);
  if (!found) return found.error();
  steps_[0].shape = *found;
  values_[input.name] = std::move(value);
  return {};
}

std::set<std::string> Translator::needed_nodes() const {
  std::set<std::string> needed = {model_.outputs[0].name};
  for (auto node = model_.nodes.rbegin(); node != model_.nodes.rend(); ++node) {
    const bool used = std::any_of(node->outputs.begin(), node->outputs.end(),
                                  [&](const auto& name) { return needed.contains(name); });
    if (used) needed.insert(node->inputs.begin(), node->inputs.end());
  }
  return needed;
}

Result<Value> Translator::translate(const Node& node) {
  if (!node.domain.empty() && node.domain != "ai.onnx") {
    return Error{concat(node.shown(), " is of the domain ", node.domain,
                        "; only ONNX's own operators are read")};
  }
  const Status attributes = check_attributes(node);
  if (!attributes) return attributes.error();
  Inputs in;
  std::vector<const Constant*> constants;
  bool all_known = !node.inputs.empty();
  for (const std::string& name : node.inputs) {
    const auto found = values_.find(name);
    if (!name.empty() && found == values_.end()) {
      return Error{concat(node.shown(), " reads ", name, ", which no node before it makes")};
    }
    in.push_back(name.empty() ? nullptr : &found->second);
    const bool known = in.back() != nullptr && in.back()->constant;
    constants.push_back(known ? &in.back()->known : nullptr);
    all_known = all_known && (known || in.back() == nullptr);
  }
  if (all_known && folds(node.op)) {
    auto known = fold(node, constants);
    if (!known) return known.error();
    Value value;
    value.constant = true;
    value.known = std::move(*known);
    return value;
  }
  const auto& list = operators();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Operator& op) { return op.name == node.op; });
  if (found == list.end()) {
    return Error{concat(node.shown(), " is not among those that are read: ",
                        listed(list, [](const Operator& op) { return op.name; }))};
  }
  return (this->*found->translate)(node, in);
}

Result<Imported> Translator::finish() {
  const auto found = values_.find(model_.outputs[0].name);
  if (found == values_.end() || found->second.constant) {
    return Error{"its output does not depend on its input"};
  }
  auto last = settled(found->second);
  if (!last) return last.error();
  if (last->layout == Layout::flat_hwc) {
    return Error{"its output is an image's values as a list, which no layer of ours makes"};
  }
  auto imported = layers_of(steps_, last->step);
  if (!imported) return imported.error();
  imported->notes = notes_;
  const ImageShape out = shape(*last);
  if (out.height == 1 && out.width == 1) imported->outputs = out.size();
  return imported;
}

Result<Imported> Translator::run() {
  constexpr std::int64_t kFirst = 7, kLast = 21;
  if (model_.opset < kFirst || model_.opset > kLast) {
    return Error{concat("it is of ONNX's opset ", model_.opset, ", expected ", kFirst, " to ",
                        kLast, ": export it again with opset_version=17")};
  }
  if (model_.outputs.size() != 1) {
    return Error{concat("it has ", model_.outputs.size(), " outputs (",
                        listed(model_.outputs, [](const auto& o) { return o.name; }),
                        "), expected one: the logits")};
  }
  for (const auto& [name, constant] : model_.constants) {
    values_[name].constant = true;
    values_[name].known = constant;
  }
  const Status begun = begin();
  if (!begun) return begun.error();
  const std::set<std::string> needed = needed_nodes();
  for (const Node& node : model_.nodes) {
    if (node.outputs.empty() || !needed.contains(node.outputs[0])) continue;
    auto value = translate(node);
    if (!value) return value.error();
    values_[node.outputs[0]] = std::move(*value);
  }
  return finish();
}

}  // namespace signflip::onnx
