// Turns results and training logs into one HTML page that needs nothing else: no script, no
// network.
#pragma once

#include <string>

#include "evaluate/report/input.h"

namespace signflip::report {

/// The page. The same input gives the same bytes. `version` is that of the signflip that writes.
std::string render(const ReportInput& input, const std::string& version);

}  // namespace signflip::report
