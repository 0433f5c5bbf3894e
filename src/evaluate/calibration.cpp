#include "evaluate/calibration.h"

#include <algorithm>
#include <cmath>

namespace signflip {

Calibration calibration_of(const std::vector<float>& confidences,
                           const std::vector<bool>& correct) {
  constexpr std::size_t kBins = 15;  // as Guo et al. have them
  Calibration calibration;
  calibration.bins.resize(kBins);
  for (std::size_t n = 0; n < confidences.size(); ++n) {
    const auto confidence = static_cast<double>(confidences[n]);
    // A bin holds its upper end: (0, 1/15] is the first.
    const double place = std::ceil(confidence * kBins) - 1.0;
    const auto at = static_cast<std::size_t>(std::clamp(place, 0.0, kBins - 1.0));
    CalibrationBin& bin = calibration.bins[at];
    ++bin.count;
    bin.confidence += confidence;
    bin.accuracy += correct[n] ? 1.0 : 0.0;
    calibration.mean_confidence += confidence;
  }
  const auto all = static_cast<double>(std::max<std::size_t>(confidences.size(), 1));
  calibration.mean_confidence /= all;
  for (CalibrationBin& bin : calibration.bins) {
    if (bin.count == 0) continue;
    calibration.expected_error += std::fabs(bin.confidence - bin.accuracy) / all;
    bin.confidence /= static_cast<double>(bin.count);
    bin.accuracy /= static_cast<double>(bin.count);
  }
  return calibration;
}

}  // namespace signflip
