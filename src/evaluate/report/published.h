// Published figures to hold ours against: the same dataset, norm, radius and attack in the
// literature.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace signflip::report {

struct PublishedFigure {
  std::string_view dataset;
  std::string_view attack;  ///< an attack's name, "clean", or "verified"
  std::string_view norm;    ///< empty for clean
  double epsilon;           ///< 0 for clean
  int steps;                ///< of the attack; 0: any
  double accuracy;          ///< of the whole test set
  std::optional<double> clean;
  std::string_view model, source;
};

std::span<const PublishedFigure> published_figures();

}  // namespace signflip::report
