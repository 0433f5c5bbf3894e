// Interval bounds through a network in certified training, and their gradients back to the
// weights: train/interval_training_pass.h as launches. Layers are those of Flow; a
// layer's centre and radius are propagated alike, with W and |W|.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "device/kernels/interval_steps.h"
#include "device/programs/elision.h"
#include "device/programs/flow.h"
#include "device/programs/products.h"

namespace signflip::device {

/// The network whose bounds are taken: at inference dropout does nothing.
inline Plan without_dropout(Plan plan) {
  std::erase_if(plan.layers, [](const PlanLayer& l) { return l.kind == PlanLayer::Kind::dropout; });
  return plan;
}

/// Error where IntervalFlow does not take the plan with so many images.
inline Status check_bounds(const Plan& plan, std::size_t capacity) {
  const PlanLayer* const last = plan.layers.empty() ? nullptr : &plan.layers.back();
  if (last == nullptr || last->kind != PlanLayer::Kind::dense) {
    return Error{
        "a device bounds networks whose last layer is dense, and this one's is not: "
        "use the device cpu"};
  }
  const std::size_t values = (last->in.size() + 1) * last->out.size();
  const std::size_t pieces = divide_up<std::size_t>(capacity, ElidedWeightGradient::kPiece);
  if (values < (std::size_t{1} << 31) / pieces) return {};
  return Error{"the last layer is too large for a device to bound a batch of " +
               std::to_string(capacity) + " images: use a smaller batch size"};
}

template <class Executor>
class IntervalFlow {
 public:
  template <class T>
  using Array = typename Executor::template Array<T>;

  /// For at most `capacity` images in at most `shards.count` shards. The plan ends in a dense
  /// layer; `plain`, the training flow of the same network, lives longer.
  IntervalFlow(Executor& executor, const Plan& plan, std::size_t capacity,
               const ShardTables& shards, Flow<Executor>& plain)
      : executor_(executor),
        products_(executor),
        plain_(plain),
        stages_(make_stages(without_dropout(plan), true)),
        input_(executor, capacity * plan.input.size()),
        absolute_(executor.template allocate<float>(plan.parameters)),
        of_weights_(executor, plan.parameters) {
    std::size_t largest = plan.input.size(), pairs = 0, sums = 0;
    for (const Stage& stage : stages_) {
      const std::size_t size = capacity * stage.layer.out.size();
      const bool pools = stage.layer.kind == PlanLayer::Kind::maxpool2d;
      largest = std::max(largest, stage.layer.out.size());
      // Of the last layer there are only the worst logits.
      outputs_.emplace_back(executor, &stage == &stages_.back() ? 0 : size);
      for (auto& winners : {&lower_winners_, &upper_winners_}) {
        winners->push_back(executor.template allocate<std::int32_t>(pools ? size : 0));
      }
      if (stage.layer.kind == PlanLayer::Kind::batchnorm2d) {
        const Shards cut = cut_shards(stage.layer, shards);
        pairs = std::max(pairs, cut.values() * static_cast<std::size_t>(cut.pieces));
        sums = std::max(sums, cut.values());
        norm_sums_.push_back(executor.template allocate<Pair>(cut.values()));
        plain.add_sums(stage.layer, norm_sums_.back().data());
      } else {
        norm_sums_.emplace_back();
      }
    }
    for (auto& gradient : gradients_) gradient = Twin(executor, capacity * largest);
    pairs_ = executor.template allocate<Pair>(pairs);
    sums_ = executor.template allocate<Pair>(sums);
    const auto classes = static_cast<std::size_t>(plan.classes);
    worst_ = executor.template allocate<float>(capacity * classes);
    dworst_ = executor.template allocate<float>(capacity * classes);
    pieces_ = executor.template allocate<float>(
        divide_up<std::size_t>(capacity, ElidedWeightGradient::kPiece) *
        (stages_.back().layer.in.size() + 1) * classes);
  }

  /// After forward(): the worst logits of each image (elision.h).
  const float* worst() const { return worst_.data(); }
  /// Where backward() expects the gradient at them.
  float* dworst() { return dworst_.data(); }

  /// Bounds of all images within *epsilon (device memory) of `images`, pixels in [0,1]. After the
  /// plain flow's forward() of the same batch: batch norm takes its statistics.
  void forward(const float* images, const double* epsilon, const int* labels, const float* weights,
               int count, const ShardTables& shards) {
    const PlanLayer& first = stages_.front().layer;
    executor_.for_each(count * static_cast<std::int64_t>(first.in.size()),
                       PixelBounds{images, epsilon, plain_.scale(), plain_.shift(),
                                   plain_.channels(), input_.bounds()});
    executor_.for_each(static_cast<std::int64_t>(absolute_.size()),
                       Absolute{weights, absolute_.data()});
    for (std::size_t i = 0; i + 1 < stages_.size(); ++i) forward_stage(i, weights, count, shards);
    executor_.for_each(
        count * static_cast<std::int64_t>(stages_.back().layer.out.size()),
        WorstLogits{last_layer(weights, labels), input_of(stages_.size() - 1), worst_.data()});
  }

  /// After forward() and before the plain flow's backward(), which takes the gradient through batch
  /// norm's statistics further.
  void backward(const int* labels, const float* weights, int count, const ShardTables& shards) {
    std::size_t stop = 0;
    while (!has_weights(stages_[stop].layer.kind)) ++stop;
    BoundsGradient dy = gradients_[0].gradient(), dx = gradients_[1].gradient();
    last_backward(labels, weights, count, stages_.size() - 1 == stop ? nullptr : &dy);
    for (std::size_t i = stages_.size() - 1; i-- > stop;) {
      backward_stage(i, weights, count, dy, i == stop ? nullptr : &dx, shards);
      std::swap(dy, dx);
    }
  }

  /// After backward(): adds its gradient to `gradient`, laid out like the weights.
  void add_gradients(const float* weights, float* gradient) {
    const BoundsGradient parts = of_weights_.gradient();
    for (const Stage& stage : stages_) {
      const PlanLayer& layer = stage.layer;
      if (!has_weights(layer.kind)) continue;
      const bool radii = &stage != &stages_.back();  // the last layer's are among its centres'
      const std::size_t at = layer.weight, values = layer.bias + layer.out.channels - at;
      executor_.for_each(
          static_cast<std::int64_t>(values),
          AddBoundsGradient{static_cast<int>(layer.bias - at), weights + at, parts.centre + at,
                            radii ? parts.radius + at : nullptr, gradient + at});
    }
  }

 private:
  /// Centres and radii, or what belongs to each.
  class Twin {
   public:
    Twin() = default;
    Twin(Executor& executor, std::size_t size)
        : centre_(executor.template allocate<float>(size)),
          radius_(executor.template allocate<float>(size)) {}
    Bounds bounds() { return {centre_.data(), radius_.data()}; }
    BoundsGradient gradient() { return {centre_.data(), radius_.data()}; }

   private:
    Array<float> centre_, radius_;
  };

  Bounds input_of(std::size_t i) { return i == 0 ? input_.bounds() : outputs_[i - 1].bounds(); }

  LastLayer last_layer(const float* weights, const int* labels) const {
    const PlanLayer& layer = stages_.back().layer;
    return {static_cast<int>(layer.in.size()), static_cast<int>(layer.out.size()),
            weights + layer.weight, weights + layer.bias, labels};
  }

  NormValues norm_values(const PlanLayer& layer, const float* weights,
                         const ShardTables& shards) const {
    const auto moments = plain_.moments_of(layer, shards);
    return {shards.of_row,       layer.in.channels,         static_cast<int>(layer.in.size()),
            moments.mean,        moments.inverse_deviation, weights + layer.weight,
            weights + layer.bias};
  }

  void forward_stage(std::size_t i, const float* weights, int count, const ShardTables& shards);
  void backward_stage(std::size_t i, const float* weights, int count, BoundsGradient dy,
                      const BoundsGradient* dx, const ShardTables& shards);
  void weight_gradient(std::size_t i, const float* weights, int count, BoundsGradient dy,
                       const ShardTables& shards);
  void norm_weight_gradient(std::size_t i, const float* weights, BoundsGradient dy,
                            const ShardTables& shards);
  void last_backward(const int* labels, const float* weights, int count, const BoundsGradient* dx);

  Executor& executor_;
  Products<Executor> products_;
  Flow<Executor>& plain_;
  std::vector<Stage> stages_;
  Twin input_;
  std::vector<Twin> outputs_;
  std::vector<Array<std::int32_t>> lower_winners_, upper_winners_;
  Twin gradients_[2];
  Array<float> absolute_;  // |W|, laid out like the weights
  Twin of_weights_;
  Array<Pair> pairs_, sums_;
  std::vector<Array<Pair>> norm_sums_;  // of batch norm, by stage: Flow::add_sums()
  Array<float> worst_, dworst_, pieces_;
};

template <class Executor>
void IntervalFlow<Executor>::forward_stage(std::size_t i, const float* weights, int count,
                                           const ShardTables& shards) {
  using Kind = PlanLayer::Kind;
  const PlanLayer& layer = stages_[i].layer;
  const Bounds x = input_of(i), y = outputs_[i].bounds();
  const std::int64_t size = count * static_cast<std::int64_t>(layer.out.size());
  const auto each = [&](auto functor_of) {
    executor_.for_each(size, functor_of(x.centre, y.centre));
    executor_.for_each(size, functor_of(x.radius, y.radius));
  };
  switch (layer.kind) {
    case Kind::conv2d:
    case Kind::dense:
      products_.forward(layer, count, x.centre, weights + layer.weight, weights + layer.bias,
                        y.centre, false);
      products_.forward(layer, count, x.radius, absolute_.data() + layer.weight, nullptr, y.radius,
                        false);
      break;
    case Kind::batchnorm2d:
      executor_.for_each(size, BoundsNorm{norm_values(layer, weights, shards), x, y});
      break;
    case Kind::relu:
      executor_.for_each(size, BoundsRelu{x, y});
      break;
    case Kind::sigmoid:
      executor_.for_each(size, BoundsSigmoid{x, y});
      break;
    case Kind::maxpool2d:
      executor_.for_each(size, BoundsPool{pool_dims(layer), x, y, lower_winners_[i].data(),
                                          upper_winners_[i].data()});
      break;
    case Kind::flatten:
      each([&](const float* from, float* to) { return FlattenForward{dims(layer.in), from, to}; });
      break;
    case Kind::upsample2d:
      each([&](const float* from, float* to) {
        return UpsampleForward{dims(layer.in), layer.stride.height, layer.stride.width, from, to};
      });
      break;
    case Kind::dropout:  // there is none
      break;
  }
  if (stages_[i].relu) executor_.for_each(size, BoundsRelu{y, y});
}

template <class Executor>
void IntervalFlow<Executor>::backward_stage(std::size_t i, const float* weights, int count,
                                            BoundsGradient dy, const BoundsGradient* dx,
                                            const ShardTables& shards) {
  using Kind = PlanLayer::Kind;
  const PlanLayer& layer = stages_[i].layer;
  const Bounds y = outputs_[i].bounds();
  const std::int64_t size = count * static_cast<std::int64_t>(layer.in.size());
  if (stages_[i].relu) {
    executor_.for_each(count * static_cast<std::int64_t>(layer.out.size()),
                       BoundsReluGradient{y, dy, dy});
  }
  if (has_weights(layer.kind)) weight_gradient(i, weights, count, dy, shards);
  if (dx == nullptr) return;
  const auto each = [&](auto functor_of) {
    executor_.for_each(size, functor_of(dy.centre, dx->centre));
    executor_.for_each(size, functor_of(dy.radius, dx->radius));
  };
  switch (layer.kind) {
    case Kind::conv2d:
    case Kind::dense:
      products_.input_gradient(layer, count, nullptr, dy.centre, weights + layer.weight, dx->centre,
                               false);
      products_.input_gradient(layer, count, nullptr, dy.radius, absolute_.data() + layer.weight,
                               dx->radius, false);
      break;
    case Kind::batchnorm2d:
      executor_.for_each(size, BoundsNormGradient{norm_values(layer, weights, shards), dy, *dx});
      break;
    case Kind::relu:
      executor_.for_each(size, BoundsReluGradient{y, dy, *dx});
      break;
    case Kind::sigmoid:
      executor_.for_each(size, BoundsSigmoidGradient{y, dy, *dx});
      break;
    case Kind::maxpool2d:
      executor_.for_each(size, BoundsPoolGradient{pool_dims(layer), dy, lower_winners_[i].data(),
                                                  upper_winners_[i].data(), *dx});
      break;
    case Kind::flatten:
      each([&](const float* from, float* to) {
        return FlattenInputGradient{dims(layer.in), from, to};
      });
      break;
    case Kind::upsample2d:
      each([&](const float* from, float* to) {
        return UpsampleInputGradient{dims(layer.in), layer.stride.height, layer.stride.width, from,
                                     to};
      });
      break;
    case Kind::dropout:
      break;
  }
}

template <class Executor>
void IntervalFlow<Executor>::weight_gradient(std::size_t i, const float* weights, int count,
                                             BoundsGradient dy, const ShardTables& shards) {
  const PlanLayer& layer = stages_[i].layer;
  if (layer.kind == PlanLayer::Kind::batchnorm2d) {
    norm_weight_gradient(i, weights, dy, shards);
    return;
  }
  const Bounds x = input_of(i);
  const BoundsGradient parts = of_weights_.gradient();
  products_.weight_gradient(layer, count, x.centre, nullptr, dy.centre, parts.centre + layer.weight,
                            false);
  products_.weight_gradient(layer, count, x.radius, nullptr, dy.radius, parts.radius + layer.weight,
                            false);
}

template <class Executor>
void IntervalFlow<Executor>::norm_weight_gradient(std::size_t i, const float* weights,
                                                  BoundsGradient dy, const ShardTables& shards) {
  const PlanLayer& layer = stages_[i].layer;
  const Bounds x = input_of(i);
  const BoundsGradient parts = of_weights_.gradient();
  PieceGradients pieces;
  pieces.shards = cut_shards(layer, shards);
  pieces.x = x.centre;
  pieces.dy = dy.centre;
  pieces.mean = plain_.moments_of(layer, shards).mean;
  pieces.inverse_deviation = plain_.moments_of(layer, shards).inverse_deviation;
  batchnorm_weight_gradient(executor_, pieces, pairs_.data(), norm_sums_[i].data(),
                            parts.centre + layer.weight, parts.centre + layer.bias);
  pieces.x = x.radius;
  pieces.dy = dy.radius;
  pieces.mean = nullptr;  // radii are scaled, not shifted
  batchnorm_weight_gradient(executor_, pieces, pairs_.data(), sums_.data(),
                            parts.radius + layer.weight, parts.radius + layer.bias);
  executor_.for_each(static_cast<std::int64_t>(pieces.shards.values()),
                     AddRadiusSums{pieces.shards.channels, weights + layer.weight, sums_.data(),
                                   norm_sums_[i].data()});
}

template <class Executor>
void IntervalFlow<Executor>::last_backward(const int* labels, const float* weights, int count,
                                           const BoundsGradient* dx) {
  const PlanLayer& layer = stages_.back().layer;
  const LastLayer last = last_layer(weights, labels);
  const int pieces = divide_up(count, ElidedWeightGradient::kPiece);
  const int values = (last.inputs + 1) * last.classes;
  executor_.for_each(static_cast<std::int64_t>(pieces) * values,
                     ElidedWeightGradient{last, count, dworst_.data(), input_of(stages_.size() - 1),
                                          pieces_.data()});
  executor_.for_each(values, SumPieces{pieces, values, pieces_.data(),
                                       of_weights_.gradient().centre + layer.weight});
  if (dx == nullptr) return;
  executor_.for_each(count * static_cast<std::int64_t>(last.inputs),
                     ElidedInputGradient{last, dworst_.data(), *dx});
}

}  // namespace signflip::device
