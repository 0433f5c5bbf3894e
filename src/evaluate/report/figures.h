// The plots of a report, each as a picture of its own.
#pragma once

#include <string>
#include <vector>

#include "evaluate/report/input.h"
#include "evaluate/report/plot.h"

namespace signflip::report {

struct Figure {
  std::string name;  ///< for a file, without ending: "mnist-mixed-accuracy-against-linf"
  Plot plot;
};

/// Accuracy against ε for each model, each training run, and where there are several runs, these
/// together. Names are different.
std::vector<Figure> figures(const ReportInput& input);

}  // namespace signflip::report
