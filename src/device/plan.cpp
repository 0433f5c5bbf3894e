#include "device/plan.h"

#include <concepts>
#include <string_view>

#include "core/concat.h"

namespace signflip::device {
namespace {

using Kind = PlanLayer::Kind;

struct Describe {
  const Layer& from;
  PlanLayer& layer;
  std::string_view& refused;  ///< what devices do not run

  void operator()(const Conv2d& l) const {
    layer.kind = Kind::conv2d;
    layer.kernel = l.kernel;
    layer.stride = l.stride;
    layer.padding = l.padding_before();
    if (!l.bias) refused = "conv2d without bias";
    if (!l.ordinary()) refused = "conv2d with padding \"same\" of an even kernel";
    if (l.dilation != Size2{1, 1}) refused = "conv2d with dilation";
    if (l.groups != 1) refused = "conv2d with groups";
  }
  void operator()(const MaxPool2d& l) const {
    layer.kind = Kind::maxpool2d;
    layer.kernel = l.kernel;
    layer.stride = l.stride;
  }
  void operator()(const Dropout& l) const {
    layer.kind = Kind::dropout;
    layer.rate = l.rate;
  }
  void operator()(const Upsample2d& l) const {
    layer.kind = Kind::upsample2d;
    layer.stride = l.scale;
  }
  void operator()(const BatchNorm& l) const {
    layer.kind = Kind::batchnorm2d;
    layer.epsilon = l.epsilon;
    if (!l.affine) refused = "batch norm without affine parameters";
  }
  void operator()(const Relu&) const { layer.kind = Kind::relu; }
  void operator()(const Flatten&) const { layer.kind = Kind::flatten; }
  void operator()(const Dense&) const { layer.kind = Kind::dense; }
  void operator()(const Sigmoid&) const { layer.kind = Kind::sigmoid; }
  /// A layer that has no rule here is refused by name. (Both batch norms have that of their base.)
  template <class Other>
  requires(!std::derived_from<Other, BatchNorm>) void operator()(const Other&) const {
    refused = layer_type(from);
  }
};

}  // namespace

Result<Plan> make_plan(const Sequential& network) {
  Plan plan;
  plan.input = network.input_shape();
  plan.classes = network.classes();
  for (const PlacedLayer& placed : network.layers()) {
    PlanLayer layer;
    layer.in = placed.in;
    layer.out = placed.out;
    layer.weight = placed.weight;
    layer.bias = placed.bias;
    layer.statistics = placed.statistics;
    std::string_view refused;
    std::visit(Describe{placed.layer, layer, refused}, placed.layer);
    if (!refused.empty()) {
      return Error{concat("layer ", plan.layers.size(), " is ", refused,
                          ", which does not run on a device: use the device cpu")};
    }
    plan.layers.push_back(layer);
  }
  plan.parameters = network.parameters().size();
  plan.statistics = network.statistics().size();
  plan.scale.assign(network.input_scale().begin(), network.input_scale().end());
  plan.shift.assign(network.input_shift().begin(), network.input_shift().end());
  return plan;
}

}  // namespace signflip::device
