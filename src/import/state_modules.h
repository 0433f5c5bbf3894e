// The tensors of a state_dict, grouped by module; the tensors that a network needs, grouped by
// layer; and which module suits which layer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "nn/layers.h"
#include "nn/safetensors.h"

namespace signflip {

/// Tensors with a common prefix.
struct StateModule {
  std::string name;  ///< "module.features.0"; may be empty
  std::vector<const StoredTensor*> tensors;

  /// The tensor "<name>.<what>", or null.
  const StoredTensor* find(std::string_view what) const;
};

struct StateModules {
  std::vector<StateModule> modules;        ///< in the natural order of their names
  const StateModule* normalise = nullptr;  ///< one that holds a mean and a deviation per channel
  std::vector<std::string> dropped;        ///< names of counters
};

/// Names of tensors that a normalising module holds: mean and std, or mu and sigma.
struct NormaliseNames {
  std::string_view mean, deviation;
};
inline constexpr NormaliseNames kNormaliseNames[] = {{"mean", "std"}, {"mu", "sigma"}};

/// Groups the file's tensors. An error names the first tensor that is of no layer that we have.
Result<StateModules> group_modules(const Safetensors& file);

/// What one layer with weights needs.
struct LayerSlot {
  std::string place;  ///< "4", or "2.body.0"
  std::string type;   ///< "dense"
  struct Need {
    std::string what;  ///< "weight", "running_mean"
    std::vector<std::size_t> shape;
  };
  std::vector<Need> needs;
};

/// The layers with weights of a network of this architecture, in its order.
Result<std::vector<LayerSlot>> layer_slots(const Architecture& architecture);

/// For each slot the module it takes, or an error that names the layer or the tensor that is left.
Result<std::vector<const StateModule*>> match_modules(const std::vector<LayerSlot>& slots,
                                                      const StateModules& modules);

/// Whether the names differ in more than their numbers, so that their order says little.
bool differ_in_words(std::string_view a, std::string_view b);

}  // namespace signflip
