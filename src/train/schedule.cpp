// Learning-rate schedules.
#include "train/schedule.h"

#include <cmath>
#include <numbers>

namespace signflip {

Result<Schedule> schedule_from_name(const std::string& name) {
  if (name == "constant") return Schedule::constant;
  if (name == "step") return Schedule::step;
  if (name == "cyclic") return Schedule::cyclic;
  if (name == "cosine") return Schedule::cosine;
  return Error{"there is no schedule '" + name + "'; known are constant, step, cyclic and cosine"};
}

double learning_rate_factor(Schedule schedule, double progress) {
  switch (schedule) {
    case Schedule::constant:
      break;
    case Schedule::step:
      return progress < 0.5 ? 1.0 : progress < 0.75 ? 0.1 : 0.01;
    case Schedule::cyclic:
      return progress < 0.4 ? progress / 0.4 : (1.0 - progress) / 0.6;
    case Schedule::cosine:
      return 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  }
  return 1.0;
}

}  // namespace signflip
