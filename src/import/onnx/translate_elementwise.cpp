// Operators on each value by itself. They are put together to one function, of which a layer is
// made only where something else reads it: an activation may be several operators.
#include <algorithm>
#include <cmath>
#include <optional>

#include "core/concat.h"
#include "import/onnx/translator.h"

namespace signflip::onnx {
namespace {

using Apply = double (*)(double, double);

Apply function_of(std::string_view op) {
  if (op == "Add") return [](double a, double b) { return a + b; };
  if (op == "Sub") return [](double a, double b) { return a - b; };
  if (op == "Mul") return [](double a, double b) { return a * b; };
  if (op == "Div") return [](double a, double b) { return a / b; };
  if (op == "Pow") return [](double a, double b) { return std::pow(a, b); };
  if (op == "Min") return [](double a, double b) { return std::min(a, b); };
  if (op == "Max") return [](double a, double b) { return std::max(a, b); };
  return [](double a, double slope) { return a < 0.0 ? slope * a : a; };  // PRelu
}

Curve curve_of(const Value& value) {
  return value.curve ? *value.curve : Curve([](double x) { return x; });
}

/// What the operators between two values compute; nothing where `to` is not made of `from`.
std::optional<Curve> from_to(const Value& from, const Value& to) {
  Curve beyond = to.last;
  for (const Value* value = &to; value->parent; value = value->parent.get()) {
    if (value->parent->curve == from.curve) return beyond;
    beyond = [beyond, inner = value->parent->last](double v) { return beyond(inner(v)); };
  }
  return std::nullopt;
}

}  // namespace

Result<Value> Translator::curved(const Value& value, std::string_view op, Curve last) const {
  // Of functions that are made of functions twice each, evaluation would take for ever.
  constexpr std::size_t kMost = 64;
  Value result = value;
  result.operators += concat(value.operators.empty() ? "" : ", ", op);
  if (++result.cost > kMost) {
    return Error{concat("the operators ", result.operators, " … are more than an activation has")};
  }
  result.parent = value.curve ? std::make_shared<const Value>(value) : nullptr;
  result.curve =
      std::make_shared<const Curve>([x = curve_of(value), last](double v) { return last(x(v)); });
  result.last = std::move(last);
  return result;
}

Result<Value> Translator::unary(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr || in[0]->constant)
    return Error{node.shown() + " is read only behind the image"};
  if (in[0]->margins != Margins{}) return settled(*in[0]);  // the error that says so
  const std::string& op = node.op;
  if (op == "Gelu" && node.text("approximate", "none") != "none") {
    return Error{
        concat(node.shown(), " is the approximation of GELU by tanh; ours is the exact one")};
  }
  const Value& x = *in[0];
  if (op == "Relu") return curved(x, op, [](double v) { return std::max(0.0, v); });
  if (op == "Tanh") return curved(x, op, [](double v) { return std::tanh(v); });
  if (op == "Erf") return curved(x, op, [](double v) { return std::erf(v); });
  if (op == "Exp") return curved(x, op, [](double v) { return std::exp(v); });
  if (op == "Neg") return curved(x, op, [](double v) { return -v; });
  if (op == "Sqrt") return curved(x, op, [](double v) { return std::sqrt(v); });
  if (op == "Gelu") return curved(x, op, gelu);
  if (op == "LeakyRelu") {
    const double slope = short_number(node.real("alpha", 0.01));
    return curved(x, op, [slope](double v) { return v < 0.0 ? slope * v : v; });
  }
  return curved(x, op, [](double v) { return 1.0 / (1.0 + std::exp(-v)); });
}

Result<Value> Translator::clip(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr || in[0]->constant)
    return Error{node.shown() + " is read only behind the image"};
  if (in[0]->margins != Margins{}) return settled(*in[0]);
  double low = node.real("min", -INFINITY), high = node.real("max", INFINITY);
  for (std::size_t i = 1; i < in.size() && i < 3; ++i) {
    if (in[i] == nullptr) continue;
    const auto bound = known_input(node, in, i, "bound");
    if (!bound) return bound.error();
    if ((*bound)->values.size() != 1) return Error{node.shown() + " has a bound for each value"};
    (i == 1 ? low : high) = (*bound)->values[0];
  }
  return curved(*in[0], node.op,
                [low, high](double v) { return std::min(std::max(v, low), high); });
}

Result<std::vector<float>> Translator::per_channel(const Node& node, const Value& value,
                                                   const Constant& constant) const {
  const std::vector<std::int64_t> all = sides(value);
  std::vector<std::int64_t> own = constant.shape;
  std::size_t channel = value.layout == Layout::nhwc ? 3 : 1;
  bool fits = own.size() <= all.size() && value.layout != Layout::nhw;
  if (fits) {
    own.insert(own.begin(), all.size() - own.size(), 1);
    for (std::size_t a = 0; a < own.size(); ++a) {
      fits = fits && (a == channel ? own[a] == all[a] : own[a] == 1);
    }
  }
  if (!fits) {
    return Error{concat(node.shown(), " combines an image of ", sides_text(all),
                        " with a constant of ", sides_text(constant.shape),
                        "; only one value, or one for each channel, is read")};
  }
  return in_our_order(value, constant.values);
}

Result<Value> Translator::with_constant(const Node& node, const Value& value,
                                        const Constant& constant, bool constant_first) {
  const std::string& op = node.op;
  if (constant.values.size() == 1) {
    const double c = constant.values[0];
    const auto apply = function_of(op);
    if (constant_first) return curved(value, op, [c, apply](double v) { return apply(c, v); });
    return curved(value, op, [c, apply](double v) { return apply(v, c); });
  }
  const bool linear = op == "Add" || op == "Sub" || op == "Mul" || op == "Div";
  if (!linear || (op == "Div" && constant_first)) {
    return Error{concat(node.shown(), " has a constant of ", sides_text(constant.shape),
                        "; only a single value is read")};
  }
  auto base = settled(value);
  if (!base) return Error{concat(node.shown(), ": ", base.error().message)};
  const auto values = per_channel(node, *base, constant);
  if (!values) return values.error();
  std::vector<float> scale(values->size(), 1.0F), shift(values->size(), 0.0F);
  for (std::size_t c = 0; c < values->size(); ++c) {
    const float v = (*values)[c];
    if (op == "Mul") scale[c] = v;
    if (op == "Div") scale[c] = 1.0F / v;
    if (op == "Add") shift[c] = v;
    if (op == "Sub") {
      scale[c] = constant_first ? -1.0F : 1.0F;
      shift[c] = constant_first ? v : -v;
    }
  }
  base->step = add_affine(base->step, std::move(scale), std::move(shift));
  return base;
}

Result<Value> Translator::sum(const Node& node, const Value& a, const Value& b) {
  auto left = settled(a);
  if (!left) return Error{concat(node.shown(), ": ", left.error().message)};
  auto right = settled(b);
  if (!right) return Error{concat(node.shown(), ": ", right.error().message)};
  const bool flat = left->layout == Layout::flat_hwc;
  if (shape(*left) != shape(*right) || left->layout != right->layout ||
      (flat && left->image != right->image)) {
    return Error{concat(node.shown(), " adds ", sides_text(sides(*left)), " and ",
                        sides_text(sides(*right)), "; only equal shapes are read")};
  }
  left->step = add({.kind = Step::Kind::sum,
                    .json = {},
                    .tensors = {},
                    .from = {left->step, right->step},
                    .shape = shape(*left),
                    .flat = steps_[left->step].flat});
  return left;
}

Result<Value> Translator::binary(const Node& node, const Inputs& in) {
  if (in.size() != 2 || in[0] == nullptr || in[1] == nullptr)
    return Error{concat(node.shown(), " has ", in.size(), " inputs, expected 2")};
  const Value &a = *in[0], &b = *in[1];
  if (a.constant && b.constant) return Error{node.shown() + " combines constants"};
  for (const Value* const value : {&a, &b}) {
    if (value->margins != Margins{}) return settled(*value);  // the error that says so
  }
  if (b.constant) return with_constant(node, a, b.known, false);
  if (a.constant) return with_constant(node, b, a.known, true);
  if (a.step != b.step) {
    // What has become a layer for one side is one for the other: x·sigmoid(x) of an x = relu(y).
    for (const Value* const value : {&a, &b}) {
      if (!value->curve || !settled_.contains(value->curve.get())) continue;
      const auto known = settled(*value);
      if (!known) return known;
      Value other = value == &a ? b : a;
      if (known->step != other.step) continue;
      return value == &a ? combined(node, *known, other) : combined(node, other, *known);
    }
  }
  return combined(node, a, b);
}

Result<Value> Translator::combined(const Node& node, const Value& a, const Value& b) {
  if (a.step == b.step && a.layout == b.layout) {
    const auto apply = function_of(node.op);
    Value both = a.operators.size() > b.operators.size() ? a : b;
    both.cost = a.cost + b.cost;
    auto result = curved(both, node.op, [](double v) { return v; });
    if (!result) return result;
    result->curve = std::make_shared<const Curve>(
        [x = curve_of(a), y = curve_of(b), apply](double v) { return apply(x(v), y(v)); });
    result->parent = nullptr;
    // x·sigmoid(x) of an x that is itself computed: a function of x, if one side is made of the
    // other.
    for (const bool first : {true, false}) {
      const Value &x = first ? a : b, &y = first ? b : a;
      const auto beyond = x.curve ? from_to(x, y) : std::nullopt;
      if (!beyond) continue;
      result->parent = std::make_shared<const Value>(x);
      result->last = [g = *beyond, apply, first](double v) {
        return first ? apply(v, g(v)) : apply(g(v), v);
      };
      break;
    }
    return result;
  }
  if (node.op == "Add") return sum(node, a, b);
  return Error{concat(node.shown(), " combines two computed images; only their sum is read")};
}

}  // namespace signflip::onnx
