#include "import/onnx/steps.h"

#include <algorithm>
#include <cmath>

#include "core/concat.h"

namespace signflip::onnx {
namespace {

/// What batch norm without a key "eps" adds to a variance.
constexpr double kDefaultEpsilon = 1e-5;

std::vector<std::size_t> consumers(const std::vector<Step>& steps, std::size_t last) {
  std::vector<bool> reached(steps.size());
  std::vector<std::size_t> counts(steps.size());
  reached[last] = true;
  ++counts[last];
  for (std::size_t s = last; s > 0; --s) {
    if (!reached[s]) continue;
    const std::size_t inputs = steps[s].kind == Step::Kind::sum ? 2 : 1;
    for (std::size_t i = 0; i < inputs; ++i) {
      reached[steps[s].from[i]] = true;
      ++counts[steps[s].from[i]];
    }
  }
  return counts;
}

ImportedTensor* find(Step& step, std::string_view name) {
  for (ImportedTensor& tensor : step.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

/// scale · (W·x + b) + shift, in W and b.
void fold_into(Step& product, const Step& affine) {
  const std::vector<float>& scale = affine.tensors[0].values;
  const std::vector<float>& shift = affine.tensors[1].values;
  std::vector<float>& weight = find(product, "weight")->values;
  const std::size_t each = weight.size() / scale.size();
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] *= scale[i / each];
  ImportedTensor* const bias = find(product, "bias");
  for (std::size_t c = 0; c < scale.size(); ++c) {
    bias->values[c] = bias->values[c] * scale[c] + shift[c];
  }
}

/// A batch norm whose statistics are those of normalised values.
void make_norm(Step& step) {
  const std::size_t channels = step.tensors[0].values.size();
  step.kind = Step::Kind::layer;
  step.json = {{"type", step.flat ? "batchnorm1d" : "batchnorm2d"}};
  const auto grown = static_cast<float>(std::sqrt(1.0 + kDefaultEpsilon));
  for (float& value : step.tensors[0].values) value *= grown;
  step.tensors[0].name = "weight";
  step.tensors[1].name = "bias";
  step.tensors.push_back({"running_mean", {channels}, std::vector<float>(channels, 0.0F)});
  step.tensors.push_back({"running_var", {channels}, std::vector<float>(channels, 1.0F)});
}

/// Takes the step out of the graph: whoever reads it reads what is before it.
void bypass(std::vector<Step>& steps, std::size_t gone, std::size_t& last) {
  const std::size_t before = steps[gone].from[0];
  for (Step& step : steps) {
    for (std::size_t& from : step.from) {
      if (from == gone) from = before;
    }
  }
  if (last == gone) last = before;
}

/// Makes one affine step of two in a row: a subtraction and a division, say.
void merge_affine(std::vector<Step>& steps, std::size_t& last) {
  for (std::size_t s = 1; s < steps.size(); ++s) {
    const std::size_t before = steps[s].from[0];
    if (steps[s].kind != Step::Kind::affine || steps[before].kind != Step::Kind::affine) continue;
    const auto counts = consumers(steps, last);
    if (counts[before] != 1 || counts[s] == 0) continue;
    const auto& first = steps[before].tensors;
    std::vector<float>& scale = steps[s].tensors[0].values;
    std::vector<float>& shift = steps[s].tensors[1].values;
    for (std::size_t c = 0; c < scale.size(); ++c) {
      shift[c] += scale[c] * first[1].values[c];
      scale[c] *= first[0].values[c];
    }
    bypass(steps, before, last);
  }
}

/// Gives each affine step its place: see layers_of().
void place_affine(std::vector<Step>& steps, std::size_t& last, Imported& imported) {
  for (std::size_t s = 1; s < steps.size(); ++s) {
    if (steps[s].kind != Step::Kind::affine) continue;
    const std::size_t before = steps[s].from[0];
    const auto counts = consumers(steps, last);
    if (counts[s] == 0) continue;  // nothing reads it any more
    const bool alone = counts[before] == 1;
    const std::vector<float>& scale = steps[s].tensors[0].values;
    const bool product =
        steps[before].kind == Step::Kind::layer &&
        (steps[before].json["type"] == "conv2d" || steps[before].json["type"] == "dense");
    const bool positive = std::all_of(scale.begin(), scale.end(), [](float v) { return v > 0.0F; });
    if (alone && before == 0 && positive && imported.mean.empty()) {
      // x·scale + shift = (x − mean) / std
      for (std::size_t c = 0; c < scale.size(); ++c) {
        imported.mean.push_back(-steps[s].tensors[1].values[c] / scale[c]);
        imported.deviation.push_back(1.0F / scale[c]);
      }
      bypass(steps, s, last);
    } else if (alone && product) {
      fold_into(steps[before], steps[s]);
      bypass(steps, s, last);
    } else {
      make_norm(steps[s]);
    }
  }
}

class Lister {
 public:
  Lister(const std::vector<Step>& steps, std::vector<ImportedTensor>& tensors)
      : steps_(steps), tensors_(tensors), dominator_(steps.size()), depth_(steps.size()) {
    for (std::size_t s = 1; s < steps.size(); ++s) {
      std::size_t d = steps[s].from[0];
      if (steps[s].kind == Step::Kind::sum) d = common(d, steps[s].from[1]);
      dominator_[s] = d;
      depth_[s] = depth_[d] + 1;
    }
  }

  /// The layers from `first` (not among them) to `last`, whose tensors get names that begin so.
  Result<OrderedJson> list(std::size_t first, std::size_t last, const std::string& prefix) {
    std::vector<std::size_t> chain;
    for (std::size_t s = last; s != first; s = dominator_[s]) chain.push_back(s);
    std::reverse(chain.begin(), chain.end());
    OrderedJson layers = OrderedJson::array();
    for (const std::size_t s : chain) {
      if (++listed_ > kMaximumLayers) return Error{"its graph has too many layers"};
      const std::string name = prefix + std::to_string(layers.size()) + ".";
      if (steps_[s].kind == Step::Kind::sum) {
        auto block = residual(s, name);
        if (!block) return block.error();
        layers.push_back(std::move(*block));
        continue;
      }
      for (const ImportedTensor& tensor : steps_[s].tensors) {
        tensors_.push_back({name + tensor.name, tensor.shape, tensor.values});
      }
      layers.push_back(steps_[s].json);
    }
    return layers;
  }

 private:
  static constexpr std::size_t kMaximumNesting = 32;

  /// The last step that all ways to both of these pass.
  std::size_t common(std::size_t a, std::size_t b) const {
    while (a != b) {
      if (depth_[a] >= depth_[b]) {
        a = dominator_[a];
      } else {
        b = dominator_[b];
      }
    }
    return a;
  }

  Result<OrderedJson> residual(std::size_t sum, const std::string& name) {
    const std::size_t begin = dominator_[sum];
    std::size_t body = steps_[sum].from[0], shortcut = steps_[sum].from[1];
    if (depth_[body] < depth_[shortcut]) std::swap(body, shortcut);
    if (++nesting_ > kMaximumNesting) return Error{"its residual blocks are nested too deep"};
    auto long_way = list(begin, body, name + "body.");
    if (!long_way) return long_way;
    auto short_way = list(begin, shortcut, name + "shortcut.");
    if (!short_way) return short_way;
    --nesting_;
    return OrderedJson{
        {"type", "residual"}, {"body", std::move(*long_way)}, {"shortcut", std::move(*short_way)}};
  }

  const std::vector<Step>& steps_;
  std::vector<ImportedTensor>& tensors_;
  std::vector<std::size_t> dominator_, depth_;
  std::size_t listed_ = 0, nesting_ = 0;
};

}  // namespace

Result<Imported> layers_of(std::vector<Step> steps, std::size_t last) {
  Imported imported;
  imported.input = steps[0].shape;
  merge_affine(steps, last);
  place_affine(steps, last, imported);
  Lister lister(steps, imported.tensors);
  auto layers = lister.list(0, last, "");
  if (!layers) return layers.error();
  imported.layers = std::move(*layers);
  return imported;
}

}  // namespace signflip::onnx
