#include "attack/automatic.h"

#include "attack/methods/fab.h"
#include "attack/methods/gradient_steps.h"

namespace signflip {

double used_value(const AttackEntry& attack, const Parameters& parameters,
                  const ParameterSpec& spec) {
  if (!spec.automatic) return parameters.real(spec.name);
  return spec.name == "step-size" ? climbing_step_size(attack.name, parameters)
                                  : restart_radius(parameters);
}

}  // namespace signflip
