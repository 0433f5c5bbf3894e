// A report's figures as CSV (RFC 4180), for spreadsheets and plotting programs.
#pragma once

#include <string>

#include "evaluate/report/input.h"
#include "nn/json.h"

namespace signflip::report {

/// One line per attack of each file, with 95% intervals of the accuracy. Figures are exact;
/// what was not measured is empty.
std::string results_csv(const ReportInput& input);
/// One line per certificate.
std::string certificates_csv(const ReportInput& input);
/// One line per epoch of each run.
std::string training_csv(const ReportInput& input);

/// What predict says of images, one line each: image, label, class and the probability of every
/// class. `predictions`: its JSON.
std::string predictions_csv(const OrderedJson& predictions,
                            const std::vector<std::string>& classes);
/// Accuracy of each class under each attack.
std::string classes_csv(const ReportInput& input);

}  // namespace signflip::report
