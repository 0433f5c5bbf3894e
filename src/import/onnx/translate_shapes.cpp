// Operators that compute nothing, or only along axes: orders of axes, lists of an image's values,
// means over an image, softmax.
#include <algorithm>

#include "core/concat.h"
#include "import/onnx/translator.h"
#include "nn/layers/rules.h"

namespace signflip::onnx {
namespace {

using Sides = std::vector<std::int64_t>;

/// The largest list of an image's values.
constexpr std::size_t kMaximumList = std::size_t{1} << 22;

std::vector<const Constant*> constants_of(const std::vector<const Value*>& in) {
  std::vector<const Constant*> constants;
  constants.reserve(in.size());
  for (const Value* const value : in) {
    constants.push_back(value != nullptr && value->constant ? &value->known : nullptr);
  }
  return constants;
}

}  // namespace

Result<Value> Translator::same(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr) return Error{node.shown() + " has no input"};
  if (node.op == "Dropout" && in.size() > 2 && in[2] != nullptr && in[2]->constant &&
      !in[2]->known.values.empty() && in[2]->known.values[0] != 0.0) {
    return Error{concat(node.shown(), " is in training mode: export the model after .eval()")};
  }
  if (node.op == "Cast") {
    const std::int64_t to = node.integer("to", kFloat);
    if (to != kFloat && to != kDouble && to != kFloat16 && to != kBfloat16)
      return Error{concat(node.shown(), " makes whole numbers of the image")};
  }
  return *in[0];
}

Result<Value> Translator::constant(const Node& node, const Inputs&) {
  Value value;
  value.constant = true;
  const auto list = [](const auto& values, bool whole) {
    Constant known{{static_cast<std::int64_t>(values.size())}, whole, {}};
    known.values.assign(values.begin(), values.end());
    return known;
  };
  if (const Attribute* const tensor = node.find("value"); tensor != nullptr && tensor->has_tensor) {
    value.known = tensor->tensor;
  } else if (const Attribute* const real = node.find("value_float")) {
    value.known = Constant{{}, false, {real->real}};
  } else if (const Attribute* const integer = node.find("value_int")) {
    value.known = Constant{{}, true, {static_cast<double>(integer->integer)}};
  } else if (const Attribute* const reals = node.find("value_floats")) {
    value.known = list(reals->reals, false);
  } else if (const Attribute* const integers = node.find("value_ints")) {
    value.known = list(integers->integers, true);
  } else {
    return Error{node.shown() + " has no value that is read"};
  }
  return value;
}

Result<Value> Translator::shape_of(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr) return Error{node.shown() + " has no input"};
  const Sides all = sides(*in[0]);
  const auto size = static_cast<std::int64_t>(all.size());
  const auto place = [&](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::int64_t start = place(node.integer("start", 0));
  const std::int64_t end = std::max(start, place(node.integer("end", size)));
  Value value;
  value.constant = true;
  value.known = Constant{{end - start},
                         true,
                         {all.begin() + static_cast<std::ptrdiff_t>(start),
                          all.begin() + static_cast<std::ptrdiff_t>(end)}};
  return value;
}

Result<Value> Translator::flattened(const Value& given) {
  auto value = settled(given);
  if (!value || value->flat()) return value;
  const ImageShape from = shape(*value);
  if (from.size() > kMaximumList) {
    return Error{concat("a list of the values of ", to_string(from), " is too long")};
  }
  const bool moved = value->layout == Layout::nhwc && from.channels > 1 && from.pixels() > 1;
  value->step = add({.kind = Step::Kind::layer,
                     .json = {{"type", "flatten"}},
                     .tensors = {},
                     .from = {value->step},
                     .shape = {1, 1, static_cast<int>(from.size())},
                     .flat = true});
  value->layout = moved ? Layout::flat_hwc : Layout::flat;
  value->image = from;
  return value;
}

/// The value as `to` has it: the same numbers in the same order.
Result<Value> Translator::reinterpreted(const Node& node, const Value& value, const Sides& to) {
  const Sides now = sides(value);
  if (to == now) return value;
  const auto unread = [&] {
    return Error{concat(node.shown(), " makes ", sides_text(to), " of ", sides_text(now),
                        "; only a list of an image's values, or an axis of one, is read")};
  };
  if (to.empty() || to[0] != batch_) return unread();
  const ImageShape s = shape(value);
  if (to.size() == 2) return flattened(value);
  Value result = value;
  if (value.step == flattened_input_ && flattened_input_ != 0 && !value.curve) {
    // A list that was the input becomes the image that it is.
    result.step = 0;
    result.layout = Layout::nchw;
    for (const Layout layout : {Layout::nchw, Layout::nhwc, Layout::nhw}) {
      const bool same_order = layout == Layout::nchw || steps_[0].shape.channels == 1;
      result.layout = layout;
      if (same_order && sides(result) == to) return result;
    }
    return unread();
  }
  if (value.flat()) {
    if (to != Sides{batch_, static_cast<std::int64_t>(s.size()), 1, 1}) return unread();
    if (value.layout == Layout::flat_hwc) return unread();
    result.layout = Layout::nchw;
    return result;
  }
  // Another place for the axis of one channel, or of one pixel.
  for (const Layout layout : {Layout::nchw, Layout::nhwc, Layout::nhw}) {
    result.layout = layout;
    const bool same_order = s.channels == 1 || (s.pixels() == 1 && layout != Layout::nhw);
    if (same_order && sides(result) == to) return result;
  }
  return unread();
}

Result<Value> Translator::reshape(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr || in[0]->constant)
    return Error{node.shown() + " is read only behind the image"};
  const Value& value = *in[0];
  if (value.margins != Margins{}) return settled(value);  // the error that says so
  const Sides now = sides(value);
  if (node.op == "Reshape") {
    const auto asked = known_input(node, in, 1, "shape");
    if (!asked) return asked.error();
    Sides sides = (*asked)->integers();
    // Batches of one size: the first side may be written as a number.
    if (!sides.empty() && sides[0] == -1 && std::count(sides.begin(), sides.end(), -1) == 1 &&
        sides.size() > 1) {
      sides[0] = batch_;
    }
    const auto to = reshaped(node, now, std::move(sides));
    return to ? reinterpreted(node, value, *to) : Result<Value>(to.error());
  }
  if (node.op == "Flatten") {
    const auto axis = axis_of(node.integer("axis", 1), now.size());
    if (!axis || *axis != 1) return Error{node.shown() + " begins at another axis than the first"};
    Sides to = {batch_, 1};
    for (std::size_t a = 1; a < now.size(); ++a) to[1] *= now[a];
    return reinterpreted(node, value, to);
  }
  const Sides axes = axes_of(node, constants_of(in), 1);
  const std::size_t rank = now.size() + (node.op == "Unsqueeze" ? axes.size() : 0);
  std::vector<bool> named(rank, false);
  for (const std::int64_t axis : axes) {
    const auto place =
        rank <= 8 ? axis_of(axis, rank) : Result<std::size_t>(Error{"too many axes"});
    if (!place) return Error{concat(node.shown(), ": ", place.error().message)};
    named[*place] = true;
  }
  Sides to;
  for (std::size_t a = 0, from = 0; a < rank; ++a) {
    if (node.op == "Unsqueeze") {
      if (!named[a] && from >= now.size()) return Error{node.shown() + " names an axis twice"};
      to.push_back(named[a] ? 1 : now[from++]);
    } else if (!(named[a] || (axes.empty() && now[a] == 1 && a > 0)) || now[a] != 1) {
      to.push_back(now[a]);
    }
  }
  return reinterpreted(node, value, to);
}

Result<Value> Translator::transpose(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr) return Error{node.shown() + " has no input"};
  Value value = *in[0];
  if (value.margins != Margins{}) return settled(value);
  const Sides order = node.integers("perm");
  if (order == Sides{0, 3, 1, 2} && value.layout == Layout::nhwc) {
    value.layout = Layout::nchw;
    return value;
  }
  if (order == Sides{0, 2, 3, 1} && value.layout == Layout::nchw) {
    value.layout = Layout::nhwc;
    return value;
  }
  if (std::is_sorted(order.begin(), order.end()) && order.size() == sides(value).size())
    return value;
  return Error{concat(node.shown(), " orders the axes of ", sides_text(sides(value)), " as ",
                      sides_text(order), "; only between N×H×W×C and N×C×H×W is read")};
}

Result<Value> Translator::pad(const Node& node, const Inputs& in) {
  auto padded = image(node, in);  // the zeros are behind an activation
  if (!padded) return padded;
  Value& value = *padded;
  const auto constants = constants_of(in);
  Sides pads = node.integers("pads");
  if (pads.empty() && constants.size() > 1 && constants[1] != nullptr)
    pads = constants[1]->integers();
  double filling = node.real("value", 0.0);
  if (constants.size() > 2 && constants[2] != nullptr && !constants[2]->values.empty())
    filling = constants[2]->values[0];
  const bool axes = in.size() > 3 && in[3] != nullptr;
  const bool image = value.layout == Layout::nchw || value.layout == Layout::nhwc;
  const bool good = node.text("mode", "constant") == "constant" && filling == 0.0 && !axes &&
                    image && pads.size() == 8 && value.margins == Margins{} &&
                    std::all_of(pads.begin(), pads.end(),
                                [](std::int64_t p) { return p >= 0 && p <= kMaximumSide; });
  const std::size_t row = value.layout == Layout::nchw ? 2 : 1;
  const std::size_t channel = value.layout == Layout::nchw ? 1 : 3;
  if (!good || pads[0] != 0 || pads[4] != 0 || pads[channel] != 0 || pads[channel + 4] != 0) {
    return Error{concat(node.shown(), " is read only where it adds zeros around an image")};
  }
  value.margins = {
      .top = pads[row], .left = pads[row + 1], .bottom = pads[row + 4], .right = pads[row + 5]};
  return value;
}

Result<Value> Translator::reduce_mean(const Node& node, const Inputs& in) {
  auto value = image(node, in);
  if (!value) return value;
  Sides axes = axes_of(node, constants_of(in), 1);
  for (std::int64_t& axis : axes) axis = axis < 0 ? axis + 4 : axis;
  std::sort(axes.begin(), axes.end());
  const bool first = value->layout == Layout::nchw;
  const Sides wanted = first ? Sides{2, 3} : Sides{1, 2};
  if ((!first && value->layout != Layout::nhwc) || axes != wanted) {
    return Error{concat(node.shown(), " is read only as the mean over height and width")};
  }
  const ImageShape from = shape(*value);
  value->step = add({.kind = Step::Kind::layer,
                     .json = {{"type", "adaptive_avgpool2d"}, {"size", 1}},
                     .tensors = {},
                     .from = {value->step},
                     .shape = {1, 1, from.channels},
                     .flat = false});
  return node.integer("keepdims", 1) != 0 ? value : flattened(*value);
}

Result<Value> Translator::softmax(const Node& node, const Inputs& in) {
  auto value = list(node, in);
  if (!value) return value;
  const std::int64_t axis = node.integer("axis", model_.opset < 13 ? 1 : -1);
  if (axis != 1 && axis != -1)
    return Error{node.shown() + " is over another axis than the classes"};
  std::set<std::string> last = {model_.outputs[0].name};
  for (auto later = model_.nodes.rbegin(); later != model_.nodes.rend(); ++later) {
    if (later->op == "Identity" && !later->outputs.empty() && !later->inputs.empty() &&
        last.contains(later->outputs[0])) {
      last.insert(later->inputs[0]);
    }
  }
  if (!last.contains(node.outputs[0])) {
    return Error{concat(node.shown(), " is read only at the end, where it is taken off")};
  }
  notes_.push_back(
      concat("the ", node.op == "Softmax" ? "softmax" : "log-softmax",
             " at the end is taken off: attacks need logits, and classes stay the same"));
  return value;
}

}  // namespace signflip::onnx
