// Learning-rate schedules: a factor of the base rate for each point of the training.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace signflip {

enum class Schedule {
  constant,  ///< 1
  step,      ///< 1, then 1/10 after half and 1/100 after three quarters
  cyclic,    ///< up from 0 to 1 over the first 40%, down to 0 (Smith 2017; Wong et al. 2020)
  cosine,    ///< half a cosine from 1 to 0 (Loshchilov and Hutter 2017)
  rising,    ///< exponentially from 1e-5 to 1: a range test (Smith 2017)
};

Result<Schedule> schedule_from_name(const std::string& name);
std::string_view schedule_name(Schedule schedule);

/// The factor at `progress` in [0,1], the fraction of all steps done.
double learning_rate_factor(Schedule schedule, double progress);

}  // namespace signflip
