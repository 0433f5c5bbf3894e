#include "train/schedule.h"

#include <cmath>
#include <numbers>

#include "core/names.h"

namespace signflip {

namespace {

constexpr Named<Schedule> kSchedules[] = {{Schedule::constant, "constant"},
                                          {Schedule::step, "step"},
                                          {Schedule::cyclic, "cyclic"},
                                          {Schedule::cosine, "cosine"},
                                          {Schedule::rising, "rising"}};

}  // namespace

Result<Schedule> schedule_from_name(const std::string& name) {
  return value_named<Schedule>(kSchedules, "schedule", name);
}

std::string_view schedule_name(Schedule schedule) {
  return name_of<Schedule>(kSchedules, schedule);
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
    case Schedule::rising:
      return std::pow(10.0, -5.0 * (1.0 - progress));
  }
  return 1.0;
}

}  // namespace signflip
