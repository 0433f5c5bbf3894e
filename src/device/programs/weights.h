// The weights that inference runs on: the trained ones, with batch norm folded into the convolution
// or dense layer before it, or, where there is none, turned into a scale and a shift. Laid out like
// the plan's parameters, so that a layer finds its own in either.
#pragma once

#include <vector>

#include "device/kernels/portable.h"
#include "device/programs/stages.h"

namespace signflip::device {

/// One layer's range of the parameters. Offsets of batch norm are −1 where there is none.
struct FoldRange {
  std::int64_t begin, end;  // weight, then bias
  std::int64_t bias;        // where the bias begins
  int columns;
  std::int64_t norm_weight, norm_bias, mean, variance;
  bool norm_alone;  // this range is a batch norm that stands alone
  float epsilon;    // of the batch norm
};

inline std::vector<FoldRange> fold_ranges(const Plan& plan,
                                          const std::vector<Stage>& inference_stages) {
  std::vector<FoldRange> ranges;
  for (const Stage& stage : inference_stages) {
    const PlanLayer& layer = stage.layer;
    if (!has_weights(layer.kind)) continue;
    const bool alone = layer.kind == PlanLayer::Kind::batchnorm2d;
    const auto columns = static_cast<std::int64_t>(layer.out.channels);
    const auto bias = static_cast<std::int64_t>(layer.bias);
    FoldRange range{static_cast<std::int64_t>(layer.weight),
                    bias + columns,
                    bias,
                    static_cast<int>(columns),
                    -1,
                    -1,
                    -1,
                    -1,
                    alone,
                    0.0F};
    if (alone || stage.folded >= 0) {
      const PlanLayer& norm = alone ? layer : plan.layers[static_cast<std::size_t>(stage.folded)];
      range.norm_weight = static_cast<std::int64_t>(norm.weight);
      range.norm_bias = static_cast<std::int64_t>(norm.bias);
      range.mean = static_cast<std::int64_t>(norm.statistics);
      range.variance = range.mean + columns;
      range.epsilon = norm.epsilon;
    }
    ranges.push_back(range);
  }
  return ranges;
}

/// One call per parameter. Those of folded batch norms are not written: nothing reads them.
struct FoldWeights {
  const FoldRange* ranges;
  int count;
  const float *parameters, *statistics;
  float* folded;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    int which = 0;
    while (which < count && (i < ranges[which].begin || i >= ranges[which].end)) ++which;
    if (which == count) return;
    const FoldRange& range = ranges[which];
    if (range.norm_weight < 0) {
      folded[i] = parameters[i];
      return;
    }
    const bool is_bias = i >= range.bias;
    const auto c = (i - (is_bias ? range.bias : range.begin)) % range.columns;
    const float scale =
        parameters[range.norm_weight + c] / sqrtf(statistics[range.variance + c] + range.epsilon);
    const float shift = parameters[range.norm_bias + c] - statistics[range.mean + c] * scale;
    if (range.norm_alone) {
      folded[i] = is_bias ? shift : scale;
    } else {
      folded[i] = parameters[i] * scale + (is_bias ? shift : 0);
    }
  }
};

/// rows × columns to columns × rows, for the fused climb's backward pass.
struct TransposeWeights {
  int rows, columns;
  const float* weights;
  float* transposed;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    transposed[i % columns * rows + i / columns] = weights[i];
  }
};

}  // namespace signflip::device
