#include "device/plan.h"

namespace signflip::device {
namespace {

using Kind = PlanLayer::Kind;

struct Describe {
  PlanLayer& layer;

  void operator()(const Conv2d& l) const {
    layer.kind = Kind::conv2d;
    layer.kernel = l.kernel;
    layer.stride = l.stride;
    layer.padding = l.padding;
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
  void operator()(const BatchNorm&) const { layer.kind = Kind::batchnorm2d; }
  void operator()(const Relu&) const { layer.kind = Kind::relu; }
  void operator()(const Flatten&) const { layer.kind = Kind::flatten; }
  void operator()(const Dense&) const { layer.kind = Kind::dense; }
  void operator()(const Sigmoid&) const { layer.kind = Kind::sigmoid; }
};

}  // namespace

Plan make_plan(const Sequential& network) {
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
    std::visit(Describe{layer}, placed.layer);
    plan.layers.push_back(layer);
  }
  plan.parameters = network.parameters().size();
  plan.statistics = network.statistics().size();
  plan.scale.assign(network.input_scale().begin(), network.input_scale().end());
  plan.shift.assign(network.input_shift().begin(), network.input_shift().end());
  plan.batchnorm_epsilon = kBatchNormEpsilon;
  return plan;
}

}  // namespace signflip::device
