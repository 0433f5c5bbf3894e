#include "attack/automatic.h"

#include "attack/climb.h"
#include "attack/methods/fab.h"

namespace signflip {

double used_value(const AttackEntry& attack, const Parameters& parameters,
                  const ParameterSpec& spec) {
  if (!spec.automatic) return parameters.real(spec.name);
  return spec.name == "step-size" ? attack.climb(parameters).step(parameters.real("epsilon"))
                                  : restart_radius(parameters);
}

}  // namespace signflip
