// How far the figures of a report can be trusted: signs of gradient masking, attacks too
// few or too weak to speak of robustness, samples too small. Computed from the data alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evaluate/report/subjects.h"

namespace signflip::report {

struct Remark {
  std::string_view kind;  ///< for programs: "gradient-masking", "rounding", …
  bool warning = false;   ///< else something to know, nothing wrong
  std::string title;
  std::string sentence;               ///< what it means and what to do
  std::vector<std::string> findings;  ///< the figures that support it, one sentence each
};

/// Warnings first.
std::vector<Remark> remarks(const ReportInput& input, const std::vector<DatasetGroup>& groups);

/// True where the attack uses gradients and takes one step of them: FGSM, or one of its relatives
/// with steps = 1 and without restarts.
bool single_step(const AttackResult& result);

}  // namespace signflip::report
