// How far a model's confidence is from its accuracy.
#pragma once

#include <cstddef>
#include <vector>

namespace signflip {

/// The images whose confidence lies in one interval.
struct CalibrationBin {
  std::size_t count = 0;
  double confidence = 0.0, accuracy = 0.0;  ///< means over the bin's images
};

struct Calibration {
  /// Mean distance of confidence and accuracy, weighted by the bins' images (expected calibration
  /// error: Naeini et al. 2015; Guo et al. 2017).
  double expected_error = 0.0;
  double mean_confidence = 0.0;
  std::vector<CalibrationBin> bins;  ///< of equal width, from 0 to 1
};

/// Confidences, the largest softmax probabilities, in [0,1]; as many as verdicts.
Calibration calibration_of(const std::vector<float>& confidences, const std::vector<bool>& correct);

}  // namespace signflip
