// Turns results and training logs into one HTML page without scripts or network access, and into
// remarks that other programs print.
#pragma once

#include <string>

#include "evaluate/report/input.h"
#include "nn/json.h"

namespace signflip::report {

/// The page. The same input gives the same bytes. `version` is that of the signflip that writes.
std::string render(const ReportInput& input, const std::string& version);

/// {"signflip": version, "remarks": [{"kind", "warning", "title", "sentence", "findings"}]}:
/// what the page says under "Before you trust the figures".
OrderedJson remarks_as_json(const ReportInput& input, const std::string& version);

}  // namespace signflip::report
