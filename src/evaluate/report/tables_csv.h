// A report's figures as CSV (RFC 4180), for spreadsheets and plotting programs.
#pragma once

#include <string>

#include "evaluate/report/input.h"

namespace signflip::report {

/// One line per attack of each file, with 95% intervals of the accuracy. Figures are exact;
/// what was not measured is empty.
std::string results_csv(const ReportInput& input);
/// One line per certificate.
std::string certificates_csv(const ReportInput& input);
/// One line per epoch of each run.
std::string training_csv(const ReportInput& input);

}  // namespace signflip::report
