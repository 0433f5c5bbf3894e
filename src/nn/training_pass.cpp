#include "nn/training_pass.h"

#include <algorithm>

namespace signflip {

TrainingPass::TrainingPass(const Sequential& network, std::size_t capacity)
    : network_(network),
      activations_(network, capacity),
      batch_statistics_(network.statistics().size()) {
  const std::size_t layers = network.layers().size();
  std::size_t gradients = 0, shared = 0;
  first_trainable_ = layers;
  for (std::size_t i = 0; i < layers; ++i) {
    const PlacedLayer& placed = network.layers()[i];
    const LayerTraits kind = traits(placed.layer);
    if (kind.weights) first_trainable_ = std::min(first_trainable_, i);
    first_gradient_.push_back(gradients);
    gradients += (kind.row_gradients ? 0 : placed.shape.weight()) + placed.shape.bias;
    const TrainingMemory memory = std::visit(
        [&]<class L>(const L& layer) -> TrainingMemory {
          if constexpr (L::kTraits.weights || L::kTraits.trains_otherwise) {
            return layer.training_memory(placed, capacity);
          }
          return {};
        },
        placed.layer);
    kept_.emplace_back(memory.kept);
    shared = std::max(shared, memory.shared);
  }
  gradients_.resize(gradients);
  shared_.resize(shared);
}

TrainingCall TrainingPass::call(std::size_t layer) {
  TrainingCall call{.layer = layer_call(network_, layer, count_, activations_)};
  call.kept = kept_[layer].data();
  call.shared = shared_.data();
  call.statistics = batch_statistics_.data() + network_.layers()[layer].statistics;
  call.rng = &rng_;
  return call;
}

std::span<const float> TrainingPass::forward(std::span<const float> images, std::size_t count,
                                             Rng rng) {
  count_ = count;
  rng_ = rng;
  normalise_input(network_, images, count, activations_);
  const std::size_t last = network_.layers().size() - 1;
  for (std::size_t i = 0; i <= last; ++i) train_layer(i);
  return {activations_.output_of(last), count * network_.output_shape().size()};
}

void TrainingPass::train_layer(std::size_t i) {
  const float* const x = activations_.input_of(i);
  float* const y = activations_.output_of(i);
  std::visit(
      [&]<class L>(const L& layer) {
        if constexpr (L::kTraits.trains_otherwise) {
          layer.train_forward(call(i), x, y);
        } else {
          layer.forward(layer_call(network_, i, count_, activations_), x, y);
        }
      },
      network_.layers()[i].layer);
}

void TrainingPass::backward(std::span<const float> doutput, std::span<float> dimages,
                            std::span<const float> dstatistics) {
  std::fill(gradients_.begin(), gradients_.end(), 0.0F);
  int current = 0;
  std::copy(doutput.begin(), doutput.end(), activations_.gradient(current));
  const std::size_t stop = dimages.empty() ? first_trainable_ : 0;
  for (std::size_t i = network_.layers().size(); i-- > stop;) {
    const float* const dy = activations_.gradient(current);
    make_weight_gradient(i, dy);
    if (i == stop && dimages.empty()) return;
    const int next = network_.layers()[i].in_place ? current : 1 - current;
    train_layer_input_gradient(i, dy, activations_.gradient(next), dstatistics);
    current = next;
  }
  if (dimages.empty()) return;
  pixel_gradient(network_, activations_.gradient(current), count_, dimages);
}

void TrainingPass::make_weight_gradient(std::size_t i, const float* dy) {
  const PlacedLayer& placed = network_.layers()[i];
  float* const dweight = gradients_.data() + first_gradient_[i];
  std::visit(
      [&]<class L>(const L& layer) {
        if constexpr (L::kTraits.weights) {
          float* const dbias = dweight + (L::kTraits.row_gradients ? 0 : placed.shape.weight());
          layer.weight_gradient(call(i), activations_.input_of(i), dy, dweight, dbias);
        }
      },
      placed.layer);
}

void TrainingPass::add_gradients(const ParameterPiece& piece, float* sum) {
  const PlacedLayer& placed = network_.layers()[piece.layer];
  const float* from = gradients_.data() + first_gradient_[piece.layer];
  std::size_t size = piece.size();
  std::visit(
      [&]<class L>(const L& layer) {
        if constexpr (L::kTraits.row_gradients) {
          layer.add_row_gradients(call(piece.layer), piece.rows, activations_.input_of(piece.layer),
                                  sum);
          const std::size_t weights = piece.rows.size() * placed.shape.columns;
          sum += weights;
          size -= weights;
        }
      },
      placed.layer);
  for (std::size_t i = 0; i < size; ++i) sum[i] += from[i];
}

void TrainingPass::add_gradients(std::span<float> sum) {
  for (const ParameterPiece& piece : cut_parameters(network_)) {
    add_gradients(piece, sum.data() + piece.begin);
  }
}

void TrainingPass::train_layer_input_gradient(std::size_t i, const float* dy, float* dx,
                                              std::span<const float> dstatistics) {
  std::visit(
      [&]<class L>(const L& layer) {
        if constexpr (L::kTraits.trains_otherwise) {
          layer.train_input_gradient(call(i), activations_.input_of(i), dy, dx);
          if constexpr (L::kTraits.statistics) {
            if (dstatistics.empty()) return;
            layer.add_statistics_gradient(call(i), activations_.input_of(i),
                                          dstatistics.data() + network_.layers()[i].statistics, dx);
          }
        } else {
          layer.input_gradient(layer_call(network_, i, count_, activations_),
                               activations_.output_of(i), dy, dx);
        }
      },
      network_.layers()[i].layer);
}

}  // namespace signflip
