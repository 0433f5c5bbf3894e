// Matrix products and the convolutions of the nets, kernel by kernel, on one thread.
#include <memory>

#include "backend/ops.h"
#include "bench/cases.h"
#include "core/rng.h"

namespace signflip::bench {
namespace {

constexpr std::size_t kImages = 16;  // a shard's

std::vector<float> random_values(std::size_t size, std::uint64_t stream) {
  Rng rng(7, stream);
  std::vector<float> values(size);
  for (float& value : values) value = rng.normal();
  return values;
}

/// Operands of one layer's kernels: x, y (also dy), weights packed both ways, and scratch memory.
struct Operands {
  std::vector<float> x, y, weight, forward, transposed, bias, dweight, scratch, packed_dy;
};

/// All but the packed weights.
std::shared_ptr<Operands> operands(std::size_t inputs, std::size_t outputs, std::size_t rows,
                                   std::size_t columns) {
  auto made = std::make_shared<Operands>();
  made->x = random_values(inputs, 1);
  made->y = random_values(outputs, 2);
  made->weight = random_values(rows * columns, 3);
  made->bias = random_values(columns, 4);
  made->dweight.resize(rows * columns);
  return made;
}

void add_gemm(std::vector<Case>& cases, std::size_t rows, int inputs, int outputs) {
  const DenseShape shape = {inputs, outputs};
  Case gemm;
  gemm.name = "gemm/" + std::to_string(rows) + "x" + std::to_string(inputs) + "x" +
              std::to_string(outputs) + "/threads:1";
  gemm.operations = 2.0 * static_cast<double>(rows) * inputs * outputs;
  gemm.prepare = [=] {
    const auto in = static_cast<std::size_t>(inputs), out = static_cast<std::size_t>(outputs);
    const auto o = operands(rows * in, rows * out, in, out);
    const DensePlan plan = cpu_ops().plan_dense(shape);
    o->forward.resize(plan.packed);
    cpu_ops().dense_pack(plan, {0, in}, o->weight.data(), o->forward.data());
    return [=] {
      cpu_ops().dense_forward({plan, o->weight.data(), o->forward.data()}, rows, o->x.data(),
                              o->bias.data(), o->y.data());
    };
  };
  cases.push_back(std::move(gemm));
}

void add_convolution(std::vector<Case>& cases, char net, std::size_t layer) {
  const PlacedLayer& placed = network(net).layers()[layer];
  const ConvPlan plan = placed.conv;
  const Conv2dShape shape = plan.shape;
  const double operations =
      2.0 * kImages * static_cast<double>(shape.patch()) * static_cast<double>(shape.out.size());
  const auto prepared = [=] {
    const Ops& ops = cpu_ops();
    const auto filters = static_cast<std::size_t>(shape.out.channels);
    const auto o =
        operands(kImages * shape.in.size(), kImages * shape.out.size(), shape.patch(), filters);
    o->forward.resize(plan.packed);
    ops.conv2d_pack(plan, o->weight.data(), o->forward.data());
    o->transposed.resize(plan.packed_transposed);
    ops.conv2d_pack_transposed(plan, o->weight.data(), o->transposed.data());
    o->scratch.resize(plan.scratch);
    o->packed_dy.resize(cpu_training_ops().packed_gradient_size(shape.out.pixels(), filters));
    return o;
  };
  const std::string where = std::string("/") + net + " layer " + std::to_string(layer) + "/" +
                            std::to_string(kImages) + "/threads:1";
  cases.push_back({"conv-forward" + where, kImages, operations, [=] {
                     const auto o = prepared();
                     return [=] {
                       cpu_ops().conv2d_forward({plan, o->weight.data(), o->forward.data()},
                                                kImages, o->x.data(), o->bias.data(), o->y.data(),
                                                o->scratch.data());
                     };
                   }});
  cases.push_back({"conv-input-gradient" + where, kImages, operations, [=] {
                     const auto o = prepared();
                     return [=] {
                       cpu_ops().conv2d_input_gradient(
                           {plan, o->weight.data(), nullptr, o->transposed.data()}, kImages,
                           o->y.data(), o->x.data(), o->scratch.data());
                     };
                   }});
  cases.push_back({"conv-weight-gradient" + where, kImages, operations, [=] {
                     const auto o = prepared();
                     return [=] {
                       cpu_training_ops().conv2d_weight_gradient(
                           plan, kImages, o->x.data(), o->y.data(), o->dweight.data(),
                           o->bias.data(), o->scratch.data(), o->packed_dy.data());
                     };
                   }});
}

}  // namespace

void add_kernel_cases(std::vector<Case>& cases) {
  add_gemm(cases, 256, 256, 256);
  add_gemm(cases, 1, 1568, 100);    // S's dense layer, one image
  add_gemm(cases, 1, 3136, 1024);   // M's: memory's speed
  add_gemm(cases, 16, 3136, 1024);  // M's, a shard
  for (const char net : {'S', 'M', 'G'}) {
    for (std::size_t i = 0; i < network(net).layers().size(); ++i) {
      if (std::holds_alternative<Conv2d>(network(net).layers()[i].layer)) {
        add_convolution(cases, net, i);
      }
    }
  }
}

}  // namespace signflip::bench
